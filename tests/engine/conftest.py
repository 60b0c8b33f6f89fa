"""The engine's tests run on bare Python: no Frappe, no bench, nothing installed of this app."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# The checkout these tests stand in is what they test, whatever else is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# No deadline: a shared runner's pauses are not the code's. Derandomised in CI, so that a red run can be
# repeated.
settings.register_profile("dev", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.register_profile("deep", settings.get_profile("dev"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

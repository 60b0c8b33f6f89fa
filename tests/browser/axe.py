"""axe-core, the accessibility checker of the frontend's own packages, on the page a browser shows."""

from __future__ import annotations

import os
from pathlib import Path

from conftest import Browser

SCRIPT = (
	Path(os.environ.get("SC_BENCH", "")) / "apps/support_credits/frontend/node_modules/axe-core/axe.min.js"
)
GRAVE = ("serious", "critical")
RUN = """
const [scope, done] = [arguments[0], arguments[arguments.length - 1]];
axe.run(scope || document, { resultTypes: ["violations"] }).then(
	(found) => done(found.violations), (error) => done(String(error)));
"""


# What is half faded has no contrast. What turns for ever does not fade.
STILL = """return document.getAnimations().every((one) =>
	one.playState !== "running" || one.effect?.getComputedTiming().iterations === Infinity)"""


def grave_findings(browser: Browser, scope: str = "") -> list[str]:
	"""What is serious or critical in ``scope`` (a selector; default the whole page): rule, element and why."""
	browser.until(lambda: browser.driver.execute_script(STILL), "the page goes on moving")
	browser.driver.execute_script(SCRIPT.read_text())
	found = browser.driver.execute_async_script(RUN, scope)
	assert isinstance(found, list), found
	return [
		f"{finding['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
		for finding in found
		if finding["impact"] in GRAVE
		for node in finding["nodes"]
	]

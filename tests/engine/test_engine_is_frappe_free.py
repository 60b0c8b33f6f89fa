"""The engine needs nothing but Python: proved by importing it where frappe cannot be imported."""

from __future__ import annotations

import ast
import subprocess
import sys

from engine_factories import CHECKOUT

ENGINE = CHECKOUT / "support_credits" / "engine"
MODULES = sorted(path.stem for path in ENGINE.glob("*.py"))

BLOCKED = """
import importlib, sys
for name in ("frappe", "helpdesk", "erpnext", "holidays", "requests"):
	sys.modules[name] = None
for module in sys.argv[1:]:
	importlib.import_module("support_credits.engine." + module)
"""


def test_every_module_imports_without_frappe_or_any_dependency():
	modules = [name for name in MODULES if name not in ("__init__", "__main__")]
	done = subprocess.run(
		[sys.executable, "-c", BLOCKED, *modules],
		cwd=CHECKOUT,
		capture_output=True,
		text=True,
		check=False,
		timeout=60,
	)
	assert (done.returncode, done.stderr) == (0, "")


def test_every_module_imports_only_the_standard_library_and_the_engine():
	for name in MODULES:
		for node in ast.walk(ast.parse((ENGINE / f"{name}.py").read_text())):
			if isinstance(node, ast.Import):
				imported = [alias.name for alias in node.names]
			elif isinstance(node, ast.ImportFrom):
				imported = [node.module or ""]
				assert node.level == 0, name
			else:
				continue
			for module in imported:
				ours = module.split(".")[:2] == ["support_credits", "engine"]
				assert ours or module.split(".")[0] in sys.stdlib_module_names, f"{name} imports {module}"


def test_no_module_is_too_long_to_hold_in_the_head():
	lengths = {name: len((ENGINE / f"{name}.py").read_text().splitlines()) for name in MODULES}
	assert {name: length for name, length in lengths.items() if length >= 300} == {}

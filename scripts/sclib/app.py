"""This app on the bench: always a copy of the checkout the command stands in."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from .place import APP, CHECKOUT, Place, become, find_tool, user_env
from .say import NoHost, Stop, run, step

# What the server suite needs besides the host's own.
TEST_TOOLS = ("hypothesis>=6.100", "jsonschema>=4.20")
# Made on the bench, not part of a checkout: kept when the copy is renewed.
MADE_HERE = ("__pycache__", "node_modules", ".git")
PAGES = f"{APP}/public/frontend"


def git(*args: str, root: Path = CHECKOUT) -> str | None:
	"""Ask git about the checkout, whoever owns it; None when it is no repository."""
	command = ["git", "-c", "safe.directory=*", "-C", str(root), *args]
	try:
		asked = subprocess.run(command, capture_output=True, text=True, check=False)
	except FileNotFoundError:
		return None
	return asked.stdout if asked.returncode == 0 else None


def describe_checkout() -> str:
	"""Return path, commit and whether there is more than the commit."""
	top = git("rev-parse", "--show-toplevel")
	commit = git("rev-parse", "--short=12", "HEAD")
	if not top or not commit or Path(top.strip()).resolve() != CHECKOUT:
		return f"{CHECKOUT} (not a git checkout)"
	changed = " with uncommitted changes" if git("status", "--porcelain") else ""
	return f"{CHECKOUT} at {commit.strip()}{changed}"


def checkout_files() -> list[str]:
	"""List tracked and new files; ignored ones stay behind."""
	listed = git("ls-files", "-co", "--exclude-standard", "-z")
	if listed is None:
		found = (path for path in CHECKOUT.rglob("*") if not {".cache", *MADE_HERE} & set(path.parts))
		names = [str(path.relative_to(CHECKOUT)) for path in found]
		names = [name for name in names if not name.startswith(f"{PAGES}/")]
	else:
		names = listed.split("\0")
	return sorted({name for name in names if name and (CHECKOUT / name).is_file()})


def stage(place: Place) -> None:
	"""Copy the checkout to where the bench's user can read it: a clone of root's lies in a closed folder."""
	if place.stage.resolve() == CHECKOUT:
		return
	names = "\0".join(checkout_files()).encode()
	unpack(place, ["tar", "-C", str(CHECKOUT), "--null", "-T", "-", "-c"], place.stage, fed=names)


def unpack(place: Place, packer: Sequence[str], target: Path, fed: bytes = b"") -> None:
	"""Make ``target``, which is the bench's user's, what ``packer`` writes as a tar; whole or not at all."""
	packing = subprocess.Popen(packer, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
	script = 'rm -rf "$1" && mkdir -p "$1" && tar -C "$1" --no-same-owner -x && rm -rf "$2" && mv "$1" "$2"'
	unpacking = subprocess.Popen(
		["sh", "-c", script, "sh", str(target.with_name(target.name + ".new")), str(target)],
		stdin=packing.stdout,
		cwd="/",
		env=user_env(place),
		**become(place),
	)
	assert packing.stdin
	assert packing.stdout
	packing.stdout.close()
	packing.stdin.write(fed)
	packing.stdin.close()
	if packing.wait() or unpacking.wait():
		raise Stop(f"copying the checkout to {target} failed")


def sync(place: Place) -> None:
	"""Make the app on the bench the staged checkout, file by file, and install it there."""
	target = place.bench / "apps" / APP
	if target.is_symlink():
		target.unlink()  # a link into a checkout would run code that no command has announced
	_mirror(place.stage, target)
	install = " ".join([*TEST_TOOLS, _digest(target, ["pyproject.toml", "README.md"])])
	known = place.state()
	if known.get("installed") != install:
		with step("installing the app into the bench"):
			_install(place, target)
		place.remember(installed=install)
	_add_to_apps_txt(place)
	ensure_frontend(place, target)
	code = [name for name in _below(target, APP) if "/tests/" not in name]
	place.remember(
		code=_digest(target, [*code, *_below(target, "fixtures")]),
		schema=_digest(target, [name for name in code if "/engine/" not in name]),
		public=_digest(target, _below(target, f"{APP}/public")),
	)


def _mirror(source: Path, target: Path) -> None:
	"""Copy what differs and delete what is gone; what is equal keeps its time stamp."""
	wanted = {str(p.relative_to(source)) for p in source.rglob("*") if p.is_file()}
	for name in sorted(wanted):
		old, new = target / name, source / name
		if old.is_file() and old.read_bytes() == new.read_bytes():
			continue
		old.parent.mkdir(parents=True, exist_ok=True)
		shutil.copy2(new, old)
	folders = []
	for folder, names in _walk(target, target):
		for name in names:
			if str((folder / name).relative_to(target)) not in wanted:
				(folder / name).unlink()
		folders.append(folder)
	for folder in sorted(folders, reverse=True):
		_drop_empty(folder)


def _drop_empty(folder: Path) -> None:
	"""Remove a folder that holds nothing but byte code: Python would still import it as a package."""
	if all(path.name == "__pycache__" for path in folder.iterdir()):
		shutil.rmtree(folder)


def _walk(root: Path, folder: Path) -> Iterator[tuple[Path, list[str]]]:
	"""Every folder with its files, but what was made on the bench: the packages alone are 40,000 files."""
	for found, folders, names in os.walk(folder):
		here = Path(found)
		folders[:] = [
			name
			for name in folders
			if name not in MADE_HERE and str((here / name).relative_to(root)) != PAGES
		]
		yield here, names


def _below(root: Path, folder: str) -> list[str]:
	found = (here / name for here, names in _walk(root, root / folder) for name in names)
	return sorted(str(p.relative_to(root)) for p in found)


def _digest(root: Path, names: list[str]) -> str:
	digest = hashlib.sha256()
	for name in names:
		path = root / name
		digest.update(name.encode() + b"\0" + (path.read_bytes() if path.is_file() else b"") + b"\0")
	return digest.hexdigest()


def _install(place: Place, target: Path) -> None:
	log = place.logs / "install-app.log"
	command = [place.tools / "venv" / "bin" / "uv", "pip", "install", "--python", place.env_python, "--quiet"]
	run([*command, "--editable", target, *TEST_TOOLS], log, env=user_env(place), cwd=place.bench)


def ensure_frontend(place: Place, target: Path) -> None:
	"""Have the packages of `frontend/` and its pages as its sources say; later runs need no network."""
	packages = _digest(target, ["frontend/package.json", "frontend/yarn.lock"])
	sources = _digest(target, _below(target, "frontend"))
	known, folder = place.state(), target / "frontend"
	if known.get("packages") != packages or not (folder / "node_modules").is_dir():
		with step("installing the pages' packages"):
			_yarn(place, folder, "install", "--frozen-lockfile", "--prefer-offline", error=NoHost)
		place.remember(packages=packages)
	if known.get("frontend") != sources or not (target / PAGES / "manifest.json").is_file():
		with step("building the pages"):
			_yarn(place, folder, "build")
		place.remember(frontend=sources)


def _yarn(place: Place, folder: Path, *args: str, error: type[Stop] = Stop) -> None:
	yarn = find_tool(place, "yarn")
	if not yarn:
		raise Stop("yarn is not installed")
	command = [yarn, "--non-interactive", *args]
	run(command, place.logs / "frontend.log", cwd=folder, env=user_env(place), error=error)


def _add_to_apps_txt(place: Place) -> None:
	"""Name the app in apps.txt; bench leaves that file without a newline at its end."""
	listing = place.sites / "apps.txt"
	apps = listing.read_text().split()
	if APP not in apps:
		listing.write_text("\n".join([*apps, APP]) + "\n")


def link_assets(place: Place) -> None:
	"""Serve the app's public folder, which `bench build` links only for the apps it knew then."""
	link = place.sites / "assets" / APP
	public = place.bench / "apps" / APP / APP / "public"
	if public.is_dir() and not link.is_symlink():
		link.parent.mkdir(parents=True, exist_ok=True)
		os.symlink(public, link)

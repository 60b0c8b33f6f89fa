"""This app on the bench: always a copy of the checkout the command stands in."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from .place import APP, CHECKOUT, Place, become, user_env
from .say import Stop, run, step

# Made on the bench, not part of a checkout: kept when the copy is renewed.
MADE_HERE = ("__pycache__", "node_modules", ".git")


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
		found = (
			path for path in CHECKOUT.rglob("*") if not {".git", ".cache", "__pycache__"} & set(path.parts)
		)
		names = [str(path.relative_to(CHECKOUT)) for path in found]
	else:
		names = listed.split("\0")
	return sorted({name for name in names if name and (CHECKOUT / name).is_file()})


def stage(place: Place) -> None:
	"""Copy the checkout to where the bench's user can read it: a clone of root's lies in a closed folder."""
	if place.stage.resolve() == CHECKOUT:
		return
	names = "\0".join(checkout_files()).encode()
	packing = subprocess.Popen(
		["tar", "-C", str(CHECKOUT), "--null", "-T", "-", "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
	)
	fresh = place.stage.with_name("checkout.new")
	script = 'rm -rf "$1" && mkdir -p "$1" && tar -C "$1" --no-same-owner -x && rm -rf "$2" && mv "$1" "$2"'
	unpacking = subprocess.Popen(
		["sh", "-c", script, "sh", str(fresh), str(place.stage)],
		stdin=packing.stdout,
		cwd="/",
		env=user_env(place),
		**become(place),
	)
	assert packing.stdin
	assert packing.stdout
	packing.stdout.close()
	packing.stdin.write(names)
	packing.stdin.close()
	if packing.wait() or unpacking.wait():
		raise Stop(f"copying the checkout to {place.stage} failed")


def sync(place: Place) -> None:
	"""Make the app on the bench the staged checkout, file by file, and install it there."""
	target = place.bench / "apps" / APP
	if target.is_symlink():
		target.unlink()  # a link into a checkout would run code that no command has announced
	_mirror(place.stage, target)
	install = _digest(target, ["pyproject.toml", "README.md"])
	known = place.state()
	if known.get("installed") != install:
		with step("installing the app into the bench"):
			_install(place, target)
		place.remember(installed=install)
	_add_to_apps_txt(place)
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
	for path in list(target.rglob("*")):
		parts = path.relative_to(target).parts
		if path.is_dir() or set(parts) & set(MADE_HERE) or str(Path(*parts)) in wanted:
			continue
		path.unlink()
	_drop_empty(target)


def _drop_empty(target: Path) -> None:
	"""Remove folders that hold nothing but byte code: Python would still import them as packages."""
	for folder in sorted((p for p in target.rglob("*") if p.is_dir()), reverse=True):
		rest = [p for p in folder.iterdir() if p.name != "__pycache__"]
		if not rest and folder.name not in MADE_HERE and not set(folder.parts) & {"node_modules", ".git"}:
			shutil.rmtree(folder)


def _below(root: Path, folder: str) -> list[str]:
	found = (p for p in (root / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
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
	run([*command, "--editable", target, "hypothesis>=6.100"], log, env=user_env(place), cwd=place.bench)


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

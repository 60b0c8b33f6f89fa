"""What `yarn build` made of ``frontend/``, and how it comes onto Helpdesk's pages."""

from __future__ import annotations

import html
import json
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import frappe
from frappe import _
from werkzeug.wrappers import Request, Response

ASSETS = "/assets/support_credits/frontend/"
MANIFEST = Path(__file__).with_name("public") / "frontend" / "manifest.json"
HOST_PAGES = "/helpdesk"
CREDITS_PAGE = "/helpdesk/credits"
BUILD = "bench build --app support_credits"


class Entry(TypedDict):
	"""Addresses of what a page has to load."""

	script: str
	styles: list[str]


def entry(name: str) -> Entry | None:
	"""An entry of the build, None when the frontend is not built."""
	try:
		written = MANIFEST.stat().st_mtime_ns
	except FileNotFoundError:
		return None
	return _entries(written).get(name)


@lru_cache(maxsize=1)
def _entries(_written: int) -> dict[str, Entry]:
	"""Every entry of the manifest that was written then."""
	manifest = json.loads(MANIFEST.read_text())
	return {
		chunk["name"]: Entry(
			script=ASSETS + chunk["file"], styles=[ASSETS + css for css in _styles(manifest, key)]
		)
		for key, chunk in manifest.items()
		if chunk.get("isEntry")
	}


def _styles(manifest: dict, key: str) -> list[str]:
	"""Styles of a chunk and of those it imports, which come first."""
	found: list[str] = []
	for imported in manifest[key].get("imports", []):
		found += _styles(manifest, imported)
	return list(dict.fromkeys([*found, *manifest[key].get("css", [])]))


def inject(response: Response, request: Request) -> None:
	"""Add the loader to Helpdesk's pages. Whatever goes wrong, the page goes out as it was."""
	try:
		if _is_host_page(response, request):
			has_account = _has_account()
			tag = _loader(has_account) if has_account or _must_have_credits() else None
			if tag:
				_append(response, tag)
	except Exception:
		frappe.logger("support_credits").error("the loader could not be added to a page", exc_info=True)


def _is_host_page(response: Response, request: Request) -> bool:
	path = request.path.rstrip("/")
	return (
		(path == HOST_PAGES or path.startswith(f"{HOST_PAGES}/"))
		and path != CREDITS_PAGE
		and request.method == "GET"
		and response.status_code == 200
		and response.mimetype == "text/html"
		and not response.direct_passthrough
		and frappe.session.user != "Guest"
	)


def _has_account() -> bool:
	"""Whether a customer of the reader's has credits."""
	from support_credits.api.access import memberships

	return any(found.account for found in memberships().values())


def _must_have_credits() -> bool:
	"""Whether the reader's tickets need credits, of which he has none. Everybody else's Helpdesk is as without this app."""
	from support_credits.api.access import memberships
	from support_credits.ledger import settings as site

	return bool(site.settings().everyone_must_have_credits and memberships())


def _loader(has_account: bool) -> str | None:
	"""The tag; ``data-menu`` where the menu gets an entry."""
	built = entry("loader")
	if not built:
		return None
	# The one word the loader shows before the cards, and the host's translations, are there.
	label = html.escape(_("Credits"))
	menu = " data-menu" if has_account else ""
	return (
		f'<script type="module" src="{built["script"]}" data-sc-loader data-label="{label}"{menu}></script>'
	)


def _append(response: Response, tag: str) -> None:
	page = response.get_data(as_text=True)
	head, end, tail = page.rpartition("</body>")
	if end:
		response.set_data(f"{head}{tag}{end}{tail}")


def messages(lang: str) -> dict[str, str]:
	"""This app's translations, and those an administrator has written over them."""
	from frappe.translate import get_translations_from_apps, get_user_translations

	return get_translations_from_apps(lang, ["support_credits"]) | (get_user_translations(lang) or {})

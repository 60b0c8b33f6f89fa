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
			tag = _loader(_marks())
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


def _marks() -> list[str]:
	"""What the loader is to do for the reader; nothing: it is not needed, and his Helpdesk is as without this app."""
	has_account = _has_account()
	wanted = {
		"data-portal": has_account or _must_have_credits(),
		"data-menu": has_account,
		"data-agent": _serves_customers(),
	}
	return [mark for mark, is_wanted in wanted.items() if is_wanted]


def _serves_customers() -> bool:
	"""Whether the reader is an agent on a site where anybody has credits."""
	from helpdesk.utils import is_agent

	return is_agent() and bool(frappe.db.get_value("Credit Account", {}, "name", order_by=None))


def _has_account() -> bool:
	"""Whether a customer of the reader's has credits."""
	from support_credits.api.access import memberships

	return any(found.account for found in memberships().values())


def _must_have_credits() -> bool:
	"""Whether the reader's tickets need credits, of which he has none."""
	from support_credits.api.access import memberships
	from support_credits.ledger import settings as site

	return bool(site.settings().everyone_must_have_credits and memberships())


def _loader(marks: list[str]) -> str | None:
	"""The tag, with what it is to do."""
	built = entry("loader") if marks else None
	if not built:
		return None
	# The one word the loader shows before the cards, and the host's translations, are there.
	label = html.escape(_("Credits"))
	return f'<script type="module" src="{built["script"]}" data-sc-loader data-label="{label}" {" ".join(marks)}></script>'


def _append(response: Response, tag: str) -> None:
	page = response.get_data(as_text=True)
	head, end, tail = page.rpartition("</body>")
	if end:
		response.set_data(f"{head}{tag}{end}{tail}")


def messages(lang: str) -> dict[str, str]:
	"""This app's translations, and those an administrator has written over them."""
	from frappe.translate import get_translations_from_apps, get_user_translations

	return get_translations_from_apps(lang, ["support_credits"]) | (get_user_translations(lang) or {})

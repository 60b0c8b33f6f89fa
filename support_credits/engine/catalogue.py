"""Reading a provider's catalogue (schema: docs/catalogue.md), with every mistake found in one pass.

Owns the reading; the values themselves are :mod:`~support_credits.engine.catalogue_model`'s, offered here
too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from support_credits.engine.allocation import MAX_CREDITS
from support_credits.engine.calendar_days import MONTHS_MAX
from support_credits.engine.catalogue_model import (
	LINKS,
	SCHEMA_VERSION,
	TEXTS,
	TRIGGERS,
	UNITS,
	WEEKDAYS,
	WHO,
	Calendar,
	Catalogue,
	CatalogueError,
	Defaults,
	Emergency,
	Exemption,
	Holidays,
	Pack,
	Provider,
	Target,
	Tier,
	Window,
)
from support_credits.engine.decision import DEFAULT_POLICY, NEVER_CHARGED, Door, Policy
from support_credits.engine.reader import Node

__all__ = [
	"Calendar",
	"Catalogue",
	"CatalogueError",
	"Defaults",
	"Emergency",
	"Exemption",
	"Holidays",
	"Pack",
	"Provider",
	"Target",
	"Tier",
	"Window",
	"parse",
]

_DAYS_MAX = 3_650
_TARGET_MAX = 10_000
_MINUTES_MAX = 1_440


class _Coded(Protocol):
	@property
	def code(self) -> str: ...


def parse(data: Mapping[str, object]) -> Catalogue:
	"""Read a catalogue; CatalogueError lists every mistake at once, each with path, value and expectation."""
	root = Node(data, "", [])
	root.integer("schema", SCHEMA_VERSION, SCHEMA_VERSION)
	provider = _provider(root.child("provider"))
	catalogue = Catalogue(
		provider=provider,
		links=_links(root.child("links", required=False)),
		texts=_texts(root.child("texts", required=False)),
		not_charged=root.texts("not_charged"),
		packs=tuple(_pack(node, provider.currency) for node in root.children("packs")),
		tiers=tuple(_tier(node) for node in root.children("tiers")),
		exemptions=tuple(_exemption(node) for node in root.children("exemption_reasons")),
		calendars=tuple(_calendar(node) for node in root.children("calendars")),
		emergency=_by_the_hour(root, "emergency", provider.currency),
		after_hours=_by_the_hour(root, "after_hours", provider.currency),
		cover_minutes=root.integer("cover_minutes", 1, _MINUTES_MAX, 60),
		defaults=_defaults(root.child("defaults", required=False)),
	)
	root.close()
	_check_references(catalogue, root.errors)
	if root.errors:
		raise CatalogueError(root.errors)
	return catalogue


def _provider(node: Node) -> Provider:
	provider = Provider(
		code=node.code("code"),
		name=node.text("name"),
		time_zone=node.zone("time_zone"),
		currency=node.currency("currency"),
		language=node.text("language"),
	)
	node.close()
	return provider


def _links(node: Node) -> Mapping[str, str]:
	found = {key: node.link(key) for key in LINKS}
	node.close()
	return {key: link for key, link in found.items() if link}


def _texts(node: Node) -> Mapping[str, str]:
	found = {key: node.optional_text(key) for key in TEXTS}
	node.close()
	return {key: text for key, text in found.items() if text}


def _pack(node: Node, currency: str) -> Pack:
	return Pack(
		code=node.code("code"),
		name=node.text("name"),
		credits=node.integer("credits", 1, MAX_CREDITS),
		price=node.amount("price"),
		currency=node.currency("currency", currency or None),
		validity_months=node.integer("validity_months", 1, MONTHS_MAX),
		on_sale=node.flag("on_sale"),
		tax_note=node.text("tax_note", ""),
		tier=node.optional_text("tier"),
		covers=node.texts("covers"),
	)


def _tier(node: Node) -> Tier:
	tier = Tier(
		code=node.code("code"),
		name=node.text("name"),
		credits_per_incident=node.integer("credits_per_incident", 0, MAX_CREDITS, 1),
		credits_per_month=node.integer("credits_per_month", 0, MAX_CREDITS, 0),
		is_base=node.flag("is_base", False),
		promise=_target(node.child("promise")),
		aim=_target(node.child("aim")) if node.has("aim") else None,
		calendar=node.code("calendar"),
		resolution_hours=node.integer("resolution_hours", 0, _TARGET_MAX, 0),
		customer_severity=node.optional_text("customer_severity"),
	)
	node.known("aim")
	return tier


def _target(node: Node) -> Target:
	target = Target(node.integer("value", 1, _TARGET_MAX), node.choice("unit", UNITS))
	node.close()
	return target


def _exemption(node: Node) -> Exemption:
	automatic = node.flag("automatic", False)
	reason = Exemption(
		code=node.code("code"),
		name=node.text("name"),
		set_by=node.choice("set_by", WHO),
		automatic=automatic,
		trigger=node.choice("trigger", TRIGGERS) if node.has("trigger") else None,
		raises_priority=node.flag("raises_priority", False),
		carries_url=node.flag("carries_url", False),
		description=node.text("description", ""),
	)
	node.known("trigger")
	if automatic and reason.trigger is None:
		node.refuse("trigger", f"is not one of {', '.join(TRIGGERS)}, which an automatic reason needs")
	return reason


def _calendar(node: Node) -> Calendar:
	holidays = node.child("holidays", required=False)
	calendar = Calendar(
		code=node.code("code"),
		name=node.text("name"),
		zone=node.zone("zone"),
		windows=tuple(_window(item, weekly=True) for item in node.children("windows")),
		holidays=Holidays(
			holidays.country("country"),
			holidays.optional_text("subdivision"),
			holidays.days("added"),
			holidays.days("removed"),
		),
		holiday_windows=tuple(_window(item, weekly=False) for item in node.children("holiday_windows")),
	)
	holidays.close()
	if not calendar.windows:
		node.refuse("windows", "is not a list with at least one window, so the clock would never run")
	return calendar


def _window(node: Node, *, weekly: bool) -> Window:
	start, end = node.clock("from"), node.clock("to")
	if start == end or start == "24:00":
		node.refuse("to", f'is not an end for a window from "{start}"')
	days = node.texts("days") if weekly else ()
	if weekly and (not days or not set(days) <= set(WEEKDAYS)):
		node.refuse("days", f"is not a list of {', '.join(WEEKDAYS)}")
	return Window(start, end, node.optional_text("min_severity"), days)


def _by_the_hour(root: Node, key: str, currency: str) -> Emergency | None:
	root.known(key)
	if not root.has(key):
		return None
	node = root.child(key)
	offered = Emergency(
		rate=node.amount("rate"),
		currency=node.currency("currency", currency or None),
		rounding_minutes=node.integer("rounding_minutes", 1, _MINUTES_MAX, 60),
		minimum_minutes=node.integer("minimum_minutes", 0, _MINUTES_MAX, 60),
	)
	node.close()
	return offered


def _defaults(node: Node) -> Defaults:
	policies = node.child("policies", required=False)
	choices = tuple(policy.value for policy in Policy)
	chosen: dict[Door, Policy] = {
		door: Policy(policies.choice(door.value, choices, default.value))
		for door, default in DEFAULT_POLICY.items()
		if door not in NEVER_CHARGED
	}
	if chosen[Door.MAIL] is Policy.REFUSE:
		policies.refuse("mail", "is not possible for mail, which is never refused: use park")
	policies.close()
	defaults = Defaults(
		policies=chosen,
		grace_days=node.integer("grace_days", 1, _DAYS_MAX, 30),
		deployment_days=node.integer("deployment_days", 0, _DAYS_MAX, 7),
		reopen_days=node.integer("reopen_days", 0, _DAYS_MAX, 7),
		deployment_credits=node.integer("deployment_credits", 0, MAX_CREDITS, 0),
		deployment_months=node.integer("deployment_months", 0, MONTHS_MAX, 12),
		everyone_must_have_credits=node.flag("everyone_must_have_credits", False),
	)
	node.close()
	return defaults


def _check_references(catalogue: Catalogue, errors: list[str]) -> None:
	"""What only shows when the parts are read together: codes used twice, names of things that are not
	there."""
	_check_unique("packs", catalogue.packs, errors)
	_check_unique("tiers", catalogue.tiers, errors)
	_check_unique("exemption_reasons", catalogue.exemptions, errors)
	_check_unique("calendars", catalogue.calendars, errors)
	tiers = {tier.code for tier in catalogue.tiers}
	calendars = {calendar.code for calendar in catalogue.calendars}
	for number, pack in enumerate(catalogue.packs):
		if pack.tier is not None and pack.tier not in tiers:
			errors.append(f'packs[{number}].tier: "{pack.tier}" is not the code of a tier')
	for number, tier in enumerate(catalogue.tiers):
		if tier.calendar and tier.calendar not in calendars:
			errors.append(f'tiers[{number}].calendar: "{tier.calendar}" is not the code of a calendar')
	bases = sum(tier.is_base for tier in catalogue.tiers)
	if bases != 1:
		errors.append(f"tiers: {bases} of them have is_base true; exactly one must be the base tier")


def _check_unique(path: str, items: Sequence[_Coded], errors: list[str]) -> None:
	for code, times in Counter(item.code for item in items).items():
		if code and times > 1:
			errors.append(f'{path}: the code "{code}" is used {times} times; a code names one')

"""Load a provider's catalogue into this site's records: idempotent, and an admin's edits are never lost unsaid.

What each field was when it was last loaded is remembered. A field that differs from that was edited here: it is kept,
and the report says so, unless overwriting was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy

import frappe
from frappe import _
from frappe.utils import cast

from support_credits.catalogue_file import parsed
from support_credits.catalogue_report import ROW_FIELDS, LoadReport, change, shown
from support_credits.engine.catalogue import Calendar, Catalogue, CatalogueError, Target, Window, parse
from support_credits.engine.catalogue_model import WEEKDAYS
from support_credits.engine.decision import Door
from support_credits.engine.model import stamp_text
from support_credits.engine.plain_json import problems
from support_credits.engine.support_calendar import HOLIDAY
from support_credits.exceptions import CatalogueRefused
from support_credits.hours.calendars import DAY_FIELDS
from support_credits.hours.severity import severities
from support_credits.ledger import clock

SETTINGS = "Support Credits Settings"
TRIGGER_LABELS = {"deployment_window": "Deployment", "merged": "Merge", "missed_target": "Missed target"}

Values = dict[str, object]


def read(path: str) -> dict[str, object]:
	"""The JSON of a catalogue file. Raises CatalogueRefused that names the file and the line."""
	try:
		with open(path, encoding="utf-8") as file:
			text = file.read()
	except OSError as error:
		raise CatalogueRefused(_("{0} cannot be read: {1}").format(path, error.strerror)) from error
	except UnicodeDecodeError as error:
		raise CatalogueRefused(_("{0} is not JSON: {1}").format(path, error)) from error
	return parsed(text, path)


def load(data: dict[str, object], overwrite: bool = False) -> LoadReport:
	"""Create and update packs, tiers, exemption reasons and settings from ``data``. All of it or, on an error, nothing."""
	harm = problems(data)
	if harm:
		raise CatalogueRefused("\n".join(harm))
	try:
		catalogue = parse(data)
	except CatalogueError as error:
		raise CatalogueRefused("\n".join(error.errors)) from error
	check_severities(catalogue)
	report = LoadReport()
	marks = json.loads(frappe.db.get_single_value(SETTINGS, "catalogue_marks") or "{}")
	records = list(_records(catalogue))
	# Agreements are named after the provider, whose settings come last: they name a tier.
	frappe.flags.sc_provider_name = catalogue.provider.name
	try:
		for doctype, name, values in records:
			_load_record(doctype, name, values, marks, overwrite, report)
	finally:
		frappe.flags.sc_provider_name = None
	_name_what_left({f"{doctype} {name}" for doctype, name, _values in records}, marks, report)
	_load_settings(catalogue, data, marks, overwrite, report)
	report.notes.append(
		_("Rates by the hour and texts have no records: they are read from the catalogue as loaded.")
	)
	return report


def check_severities(catalogue: Catalogue) -> None:
	"""Severities are the site's own priorities: one it has not got would be a window for nobody."""
	wanted = [
		(f"calendars[{number}]", window.min_severity)
		for number, calendar in enumerate(catalogue.calendars)
		for window in (*calendar.windows, *calendar.holiday_windows)
	]
	wanted += [(f"tiers[{number}]", tier.customer_severity) for number, tier in enumerate(catalogue.tiers)]
	known = severities()
	errors = [
		_('{0}: "{1}" is not a ticket priority of this site; known are {2}').format(
			path, name, ", ".join(known)
		)
		for path, name in wanted
		if name and name not in known
	]
	if errors:
		raise CatalogueRefused("\n".join(errors))


def _name_what_left(now: set[str], marks: dict, report: LoadReport) -> None:
	"""Records that an earlier catalogue had and this one has not stay as they are: tickets and lots name them."""
	for title in sorted(marks.keys() - now - {SETTINGS}):
		report.notes.append(
			_("{0} is not in the catalogue any more; take it off sale or disable it here.").format(title)
		)


def _records(catalogue: Catalogue) -> Iterator[tuple[str, str, Values]]:
	"""Every record of the catalogue in an order in which links resolve."""
	if not frappe.db.exists("Currency", catalogue.provider.currency):
		yield "Currency", catalogue.provider.currency, {"currency_name": catalogue.provider.currency}
	for calendar in catalogue.calendars:
		yield "Support Calendar", calendar.code, _calendar_values(calendar)
	for tier in catalogue.tiers:
		values = {"tier_name": tier.name, "credits_per_incident": tier.credits_per_incident}
		values |= {"credits_per_month": tier.credits_per_month, **_target("promise", tier.promise)}
		values |= {"calendar": tier.calendar, "customer_severity": tier.customer_severity}
		values |= {"resolution_hours": tier.resolution_hours}
		yield "Support Tier", tier.code, {"tier_code": tier.code, **values, **_target("aim", tier.aim)}
	for pack in catalogue.packs:
		values = {"pack_name": pack.name, "credits": pack.credits, "price": float(pack.price)}
		values |= {
			"currency": pack.currency,
			"validity_months": pack.validity_months,
			"tax_note": pack.tax_note,
		}
		values |= {"tier": pack.tier, "on_sale": int(pack.on_sale)}
		yield "Credit Pack", pack.code, {"pack_code": pack.code, **values}
	for reason in catalogue.exemptions:
		values = {
			"label": reason.name,
			"description": reason.description,
			"takes_url": int(reason.carries_url),
		}
		values |= {
			"who": reason.set_by.replace("_", " ").title(),
			"automatic": TRIGGER_LABELS.get(reason.trigger or ""),
		}
		values |= {"raise_priority_to": _highest_priority() if reason.raises_priority else None}
		yield "Exemption Reason", reason.code, {"reason_code": reason.code, **values}


def _calendar_values(calendar: Calendar) -> Values:
	days = {name: number for number, name in enumerate(WEEKDAYS)}
	windows = [_window_values(window, {days[day] for day in window.days}) for window in calendar.windows]
	windows += [_window_values(window, {HOLIDAY}) for window in calendar.holiday_windows]
	own = [{"day": str(day), "kind": "Holiday", "description": None} for day in calendar.holidays.added]
	own += [{"day": str(day), "kind": "No holiday", "description": None} for day in calendar.holidays.removed]
	return {
		"calendar_code": calendar.code,
		"calendar_name": calendar.name,
		"time_zone": calendar.zone,
		"country": calendar.holidays.country,
		"subdivision": calendar.holidays.subdivision,
		"windows": windows,
		"own_days": own,
	}


def _window_values(window: Window, days: set[int]) -> Values:
	flags = {field: int(number in days) for number, field in enumerate(DAY_FIELDS)}
	return {**flags, "starts": window.start, "ends": window.end, "from_severity": window.min_severity}


def _target(prefix: str, target: Target | None) -> Values:
	unit = target.unit.replace("_", " ") if target else "covered hours"
	return {f"{prefix}_value": target.value if target else 0, f"{prefix}_unit": unit}


def _highest_priority() -> str | None:
	"""The site's most urgent priority. Helpdesk's ``develop`` replaces the number by a level."""
	column = (
		"integer_value" if frappe.get_meta("HD Ticket Priority").has_field("integer_value") else "creation"
	)
	found = frappe.get_all("HD Ticket Priority", pluck="name", order_by=f"{column} asc", limit_page_length=1)
	return found[0] if found else None


def _load_record(
	doctype: str, name: str, values: Values, marks: dict, overwrite: bool, report: LoadReport
) -> None:
	title = f"{doctype} {name}"
	if not frappe.db.exists(doctype, name):
		# A copy: the host writes into rows it is given, and what was loaded is remembered as it was.
		doc = frappe.get_doc({"doctype": doctype, **deepcopy(values)}).insert(ignore_permissions=True)
		report.note_new(doc, values)
	else:
		_update(frappe.get_doc(doctype, name), values, marks.get(title, {}), overwrite, report, title)
	marks[title] = {**marks.get(title, {}), **values}


def _update(
	doc: object, values: Values, loaded: Values, overwrite: bool, report: LoadReport, title: str
) -> None:
	changes, changed, kept = {}, [], []
	for fieldname, value in values.items():
		current = doc.get(fieldname)
		if _same(current, value):
			continue
		said = change(doc, fieldname, current, value)
		if overwrite or (fieldname in loaded and _same(current, loaded[fieldname])):
			changes[fieldname] = value
			changed.append(said)
		else:
			kept.append(said)
			report.kept.append(
				_("{0}: {1} stays {2} (catalogue: {3})").format(
					title, fieldname, shown(current), shown(value)
				)
			)
	report.note(doc, tuple(changed), tuple(kept))
	if not changes:
		report.unchanged.append(title)
		return
	doc.update(deepcopy(changes))
	doc.save(ignore_permissions=True)
	report.updated.append(title)


def _same(one: object, other: object) -> bool:
	if isinstance(one, list) and isinstance(other, list):
		return _rows(one) == _rows(other)
	if isinstance(one, float) or isinstance(other, float):
		return abs(float(one or 0) - float(other or 0)) < 1e-9
	return (one or None) == (other or None)


def _rows(table: list) -> list[tuple[str, ...]]:
	"""Rows of a child table, or of a catalogue, as what they say."""
	return [tuple(str(row.get(field) or "") for field in ROW_FIELDS) for row in table]


def _load_settings(
	catalogue: Catalogue, data: dict[str, object], marks: dict, overwrite: bool, report: LoadReport
) -> None:
	settings = frappe.get_doc(SETTINGS)
	values = _settings_values(catalogue)
	_update(settings, values, marks.get(SETTINGS) or _defaults(settings), overwrite, report, SETTINGS)
	marks[SETTINGS] = values
	settings = frappe.get_doc(SETTINGS)
	settings.catalogue_name = f"{catalogue.provider.name} ({catalogue.provider.code})"
	settings.catalogue_loaded_at_utc = stamp_text(clock.now())
	settings.catalogue = json.dumps(data, indent=1, ensure_ascii=False)
	settings.catalogue_marks = json.dumps(marks, indent=1, ensure_ascii=False, default=str)
	settings.save(ignore_permissions=True)


def _defaults(settings: object) -> Values:
	"""On the first load: what a field says that nobody has edited. A fresh site's own may be replaced, an answer may not."""
	if settings.catalogue_name:
		return {}
	return {
		df.fieldname: None if settings.get(df.fieldname) is None else cast(df.fieldtype, df.default)
		for df in settings.meta.fields
	}


def _settings_values(catalogue: Catalogue) -> Values:
	defaults, links = catalogue.defaults, catalogue.links
	policies = {
		door: policy.value.replace("_", " ").capitalize() for door, policy in defaults.policies.items()
	}
	values: Values = {
		"provider_name": catalogue.provider.name,
		"time_zone": catalogue.provider.time_zone,
		"currency": catalogue.provider.currency,
		"base_tier": catalogue.base_tier.code,
		"everyone_must_have_credits": int(defaults.everyone_must_have_credits),
		"refund_grace_days": defaults.grace_days,
		"deployment_days": defaults.deployment_days,
		"reopen_days": defaults.reopen_days,
		"deployment_credits": defaults.deployment_credits,
		"deployment_months": defaults.deployment_months,
		"cover_minutes": catalogue.cover_minutes,
	}
	doors = {"portal_policy": Door.PORTAL, "mail_policy": Door.MAIL, "agent_policy": Door.AGENT}
	values |= {fieldname: policies[door] for fieldname, door in doors.items() if door in policies}
	values |= {
		f"{link}_url": links.get(link)
		for link in ("buy", "redeem", "emergency", "documentation", "community")
	}
	return values

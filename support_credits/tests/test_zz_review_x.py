from __future__ import annotations
import json, traceback
from datetime import datetime, timedelta
import frappe
from support_credits import uninstall
from support_credits.hours import calendars, recompute
from support_credits.ledger import corrections
from support_credits.api import incident as api_incident
from support_credits.tests import factories as make
from support_credits.tests.hours_case import UTC, HoursCase, at

SAT = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)
MON = datetime(2026, 12, 7, 9, 0, tzinfo=UTC)


def say(*a):
	print("ZZ", *a, flush=True)


class TestX(HoursCase):
	def cal(self, **f):
		return make.support_calendar(
			make.hours("08:00", "18:00"),
			make.hours("00:00", "24:00", "saturday", "sunday", from_severity="Urgent"),
			**f,
		)

	def test_1_rename_priority(self):
		cal = self.cal()
		tier = make.tier(
			calendar=cal, promise_value=4, promise_unit="covered hours", customer_severity="Urgent"
		)
		t = self.ticket_at(SAT, self.company(tier).person, priority="Urgent")
		say("1 before", make.incident_of(t.name).due_at_utc, make.incident_of(t.name).severity)
		frappe.rename_doc("HD Ticket Priority", "Urgent", "Critical ZZ", force=True)
		i = make.incident_of(t.name)
		say(
			"1 after rename",
			i.severity,
			frappe.db.get_value("HD Ticket", t.name, ["priority", "sc_severity"]),
		)
		with at(SAT):
			doc = frappe.get_doc("Support Calendar", cal)
			doc.append("own_days", {"day": "2027-03-03", "kind": "Holiday", "description": "x"})
			doc.save()
			rows = frappe.db.sql(recompute.LOCK_TICKETS, ((t.name,),), as_dict=True)
			recompute._page(cal, [t.name])
		say("1 after recompute", make.incident_of(t.name).due_at_utc)
		frappe.db.set_value(
			"Support Window", {"parent": cal, "from_severity": "Critical ZZ"}, "from_severity", "Gone"
		)
		frappe.clear_document_cache("Support Calendar", cal)
		calendars._kept.clear()
		say("1 unknown severity is_covered Saturday for 0:", calendars.covered_time(cal, 0).is_covered(SAT))

	def test_2_uninstall(self):
		cal = self.cal()
		lonely = make.support_calendar()
		tier = make.tier(calendar=cal, promise_value=4, promise_unit="covered hours")
		t = self.ticket_at(MON, self.company(tier).person, priority="Urgent")
		default = frappe.db.get_value("HD Service Level Agreement", {"default_sla": 1})
		frappe.db.delete("HD Service Level Priority", {"parent": default, "priority": "Urgent"})
		frappe.clear_document_cache("HD Service Level Agreement")
		try:
			uninstall.leave_agreements()
			say("2 ok")
		except Exception as e:
			say("2 uninstall raises", type(e), e)
		say(
			"2 lonely list",
			frappe.db.get_value("Support Calendar", lonely, "holiday_list"),
			frappe.db.exists(
				"HD Service Holiday List", frappe.db.get_value("Support Calendar", lonely, "holiday_list")
			),
		)

	def test_3_lang(self):
		cal = make.support_calendar(own_days=[{"day": "2026-12-24", "kind": "Holiday"}])
		say("3", frappe.db.get_value("Support Calendar", cal, "recompute_due"))
		frappe.local.lang = "de"
		try:
			frappe.get_doc("Support Calendar", cal).save()
		finally:
			frappe.local.lang = "en"
		say(
			"3 de",
			frappe.db.get_value("Support Calendar", cal, "recompute_due"),
			frappe.get_doc("Support Calendar", cal).holidays[0].description,
		)

	def test_4_resolution(self):
		cal = self.cal()
		tier = make.tier(calendar=cal, promise_value=4, promise_unit="covered hours", resolution_hours=20)
		t = self.ticket_at(MON, self.company(tier).person)
		say("4 opened", frappe.db.get_value("HD Ticket", t.name, ["response_by", "resolution_by"]))
		with at(MON + timedelta(minutes=5)):
			doc = frappe.get_doc("Support Tier", tier)
			doc.resolution_hours = 5
			doc.promise_value = 1
			doc.save()
			c = frappe.get_doc("Support Calendar", cal)
			c.append("own_days", {"day": "2027-03-03", "kind": "Holiday", "description": "x"})
			c.save()
			recompute._page(cal, [t.name])
		say(
			"4 after tier edit + unrelated holiday",
			frappe.db.get_value("HD Ticket", t.name, ["response_by", "resolution_by"]),
		)

	def test_5_retro(self):
		tier = make.tier(calendar=self.cal(), promise_value=4, promise_unit="covered hours")
		a, b = self.company(tier), self.company(tier)
		t = self.ticket_at(SAT, a.person)
		with at(MON):
			d = frappe.get_doc("HD Ticket", t.name)
			d.priority = "Urgent"
			d.save()
			say("5 confirmed", make.incident_of(t.name).due_at_utc)
		with at(MON + timedelta(minutes=5)):
			d = frappe.get_doc("HD Ticket", t.name)
			d.customer = b.customer
			d.save()
			say("5 customer corrected", make.incident_of(t.name).due_at_utc, d.agreement_status)

	def test_6_best_effort(self):
		cal = self.cal()
		premium = make.tier(
			calendar=cal, promise_value=4, promise_unit="covered hours", customer_severity="Urgent"
		)
		base = make.tier(calendar=cal, promise_value=4, promise_unit="covered hours")
		with make.settings(best_effort_tier=base):
			co = (
				self.company(premium, credits=0, policy="Best effort") if 0 else make.company(0, tier=premium)
			)
			acc = frappe.get_doc("Credit Account", co.account)
			say("6 fields", [f.fieldname for f in acc.meta.fields if "polic" in f.fieldname])
			for f in acc.meta.fields:
				if "polic" in f.fieldname and f.fieldtype == "Select":
					frappe.db.set_value("Credit Account", co.account, f.fieldname, "Best effort")
			frappe.clear_document_cache("Credit Account")
			t = self.ticket_at(SAT, co.person, priority="Urgent")
			i = make.incident_of(t.name)
			say("6", i.state, i.tier == base, i.severity, i.due_at_utc)

	def test_7_unexempt_tier(self):
		cal = self.cal()
		one = make.tier(calendar=cal, promise_value=20, promise_unit="covered hours")
		two = make.tier(calendar=cal, promise_value=2, promise_unit="covered hours")
		co = self.company(one)
		t = self.ticket_at(MON, co.person)
		reason = make.exemption_reason()
		frappe.set_user("Administrator")
		corrections.exempt(t.name, reason)
		frappe.db.set_value("Credit Account", co.account, "tier", two)
		frappe.clear_document_cache("Credit Account")
		corrections.unexempt(t.name)
		i = make.incident_of(t.name)
		say(
			"7 tier is",
			"two" if i.tier == two else "one",
			"agreement of",
			"two" if i.agreement == frappe.db.get_value("Support Tier", two, "agreement") else "one",
			i.due_at_utc,
		)

	def test_8_confirm_resolved(self):
		tier = make.tier(calendar=self.cal(), promise_value=4, promise_unit="covered hours")
		t = self.ticket_at(MON, self.company(tier).person)
		with at(MON + timedelta(minutes=5)):
			d = frappe.get_doc("HD Ticket", t.name)
			d.status = "Resolved"
			d.save()
			try:
				say(
					"8 api",
					api_incident.confirm_severity(str(t.name), "Urgent"),
					make.incident_of(t.name).severity,
				)
				d = frappe.get_doc("HD Ticket", t.name)
				d.status = "Open"
				d.save()
				i = make.incident_of(t.name)
				say("8 reopened", i.severity, i.severity_confirmed, d.priority)
			except Exception:
				traceback.print_exc()

	def test_9_index(self):
		say(
			"9",
			frappe.db.sql("show index from `tabSupport Incident` where Column_name in ('ticket','calendar')"),
		)
		say(
			"9",
			frappe.db.sql(
				"select data_type from information_schema.columns where table_schema=database() and table_name='tabHD Ticket' and column_name='name'"
			),
		)
		names = frappe.db.sql(
			"select ticket from `tabSupport Incident` where ticket is not null limit 200", pluck=True
		)
		if names:
			say(
				"9",
				frappe.db.sql("explain " + recompute.READ_INCIDENTS, (names, "x")),
				frappe.db.sql("select count(*) from `tabSupport Incident`"),
			)

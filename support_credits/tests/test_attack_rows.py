"""Ways past a document into its table: uploads, likes, tags, comments, assignments, templates. The ledger's columns stay."""

from __future__ import annotations

import frappe

from support_credits.ledger import verification
from support_credits.tests import factories as make
from support_credits.tests.attack_case import LEDGER, SETTINGS, AttackCase, Rows, Victim, insert, set_value
from support_credits.tests.compat import look_again, publish
from support_credits.tests.server import TICKET, Answer, Portal, agent

# A column of each DocType that an upload's address would ruin, if it were written there.
TEXTS = {
	"Credit Account": "portal_policy",
	"Credit Lot": "expires_at_utc",
	"Credit Ledger Entry": "entry_hash",
	"Support Incident": "state",
	"Credit Pack": "pack_name",
	"Support Tier": "tier_name",
	"Exemption Reason": "who",
	"Deployment": "product",
	SETTINGS: "documentation_url",  # the harmless one: the others would stop the site
}


def upload(who: Portal, doctype: str, name: str, field: str) -> Answer:
	"""The host writes a file's new address into the document it says it is attached to, when it becomes private."""
	about = {"attached_to_doctype": doctype, "attached_to_name": name, "attached_to_field": field}
	content = {
		"file_name": f"{make.unique_code('file')}.txt",
		"content": make.unique("content"),
		"is_private": 0,
	}
	answer = insert(who, "File", **content, **about)
	if answer.status != 200:
		answer = insert(who, "File", **content)  # attached later, in the very save that moves it
		return set_value(who, "File", answer.value["name"], {**about, "is_private": 1})
	return set_value(who, "File", answer.value["name"], "is_private", 1)


class RowsCase(AttackCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.victim = Victim()
		cls.outsider = make.company(1)
		publish()

	def setUp(self) -> None:
		super().setUp()
		self.watch(self.victim)
		self.customer = Portal(self.outsider.person)
		self.before = self.victim.rows()


class TestUploads(RowsCase):
	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(self.put_back)

	def put_back(self) -> None:
		"""Should an upload get through, no later test stumbles over it."""
		for doctype, field in TEXTS.items():
			stored = self.before[doctype][0][field]
			if doctype == SETTINGS:
				frappe.db.set_single_value(SETTINGS, field, stored or "")
			else:
				frappe.db.set_value(doctype, self.victim.names[doctype], field, stored, update_modified=False)
		publish()

	def test_no_upload_writes_into_a_record_of_ours(self) -> None:
		for who in (self.customer, agent()):
			for doctype, field in TEXTS.items():
				with self.subTest(doctype, user=who.user):
					upload(who, doctype, self.victim.names[doctype], field)
					upload(who, doctype, self.victim.names[doctype], field.upper())
					after = self.texts(self.victim.rows())
					self.put_back()
					self.assertEqual(self.texts(self.before), after)

	def texts(self, rows: Rows) -> dict[str, object]:
		return {doctype: rows[doctype][0][field] for doctype, field in TEXTS.items()}

	def test_no_upload_wakes_ones_own_waiting_ticket(self) -> None:
		mine = self.company(0, portal_policy="Park")
		portal = Portal(mine.person)
		for field in (
			"sc_state",
			"SC_STATE",
			"sc_tier",
			"status_category",
			"key",
		):  # a column has no upper case
			with self.subTest(field):
				ticket = self.assert_ok(portal.new()).ticket
				upload(portal, TICKET, ticket, field)
				portal.reply(ticket)
				self.assert_incident(ticket, "Parked")
				status = frappe.db.get_value(TICKET, ticket, ["status", "status_category"])
				self.assertEqual(("Waiting for credits", "Paused"), status)

	def test_no_upload_changes_whose_ticket_it_is(self) -> None:
		mine = self.company(1)
		portal = Portal(mine.person)
		ticket = self.assert_ok(portal.new()).ticket
		for field in ("customer", "contact", "raised_by", "merged_with", "Raised_By", "OWNER", "Customer"):
			with self.subTest(field):
				before = frappe.db.get_value(TICKET, ticket, field.lower())
				upload(portal, TICKET, ticket, field)
				look_again()
				self.assertEqual(before, frappe.db.get_value(TICKET, ticket, field.lower()))


class TestMarksOfTheHost(RowsCase):
	"""The host lets everybody like, tag, comment on and assign anything: that fills its own columns and no other."""

	def test_they_leave_the_record_and_its_proof_alone(self) -> None:
		for doctype in LEDGER:
			for what, mark in self.marks(doctype, self.victim.names[doctype]).items():
				with self.subTest(doctype, mark=what):
					endpoint, arguments = mark
					self.customer.call(endpoint, **arguments)
					self.assertEqual(self.before, self.victim.rows())
		self.assertEqual([], verification.verify(self.victim.account).as_dict()["findings"])

	def marks(self, doctype: str, name: str) -> dict[str, tuple[str, dict[str, object]]]:
		about = {"reference_doctype": doctype, "reference_name": name}
		comment = {"comment": "Nothing to see here.", "comment_email": "a@example.com", "comment_by": "x"}
		task = {"doctype": "ToDo", "description": "x", "reference_type": doctype, "reference_name": name}
		return {
			"like": ("frappe.desk.like.toggle_like", {"doctype": doctype, "name": name, "add": "Yes"}),
			"tag": ("frappe.desk.doctype.tag.tag.add_tag", {"tag": "mine", "dt": doctype, "dn": name}),
			"comment": (
				"frappe.templates.includes.comments.comments.add_comment",
				{**about, **comment, "route": "x"},
			),
			"desk comment": (
				"frappe.desk.form.utils.add_comment",
				{**about, "content": "x", "comment_email": "a@example.com", "comment_by": "x"},
			),
			"task": ("frappe.client.insert", {"doc": {**task, "allocated_to": self.customer.user}}),
			"share": ("frappe.share.add", {"doctype": doctype, "name": name, "user": self.customer.user}),
		}

	def test_a_share_or_a_task_for_oneself_opens_no_record(self) -> None:
		for doctype in LEDGER:
			name = self.victim.names[doctype]
			share = {
				"share_doctype": doctype,
				"share_name": name,
				"user": self.customer.user,
				"read": 1,
				"write": 1,
			}
			with self.subTest(doctype):
				insert(self.customer, "DocShare", **share)
				insert(self.customer, "ToDo", description="x", reference_type=doctype, reference_name=name)
				answer = self.customer.call("frappe.client.get", doctype=doctype, name=name)
				self.assertEqual(403, answer.status, answer)
				self.assertNotIn(self.victim.secret, answer.text)


class TestTemplates(RowsCase):
	"""Whoever may write a template of the host may write values: that cannot be stopped from here, but it is found."""

	def test_what_an_agents_template_changes_is_named_by_the_proof(self) -> None:
		company = make.company(5)
		ticket = str(make.ticket(company.person).name)
		lot = f"{company.account}-L000001"
		code = f"{{{{ frappe.db.set_value('Credit Lot', '{lot}', 'remaining', 777) }}}}"
		reply = frappe.get_doc({"doctype": "HD Saved Reply", "title": make.unique("Reply"), "message": code})
		reply.insert(ignore_permissions=True)
		publish()
		rendered = "helpdesk.api.saved_replies.get_rendered_saved_reply"
		agent().call(rendered, ticket_id=ticket, saved_reply_id=reply.name)
		look_again()
		changed = frappe.db.get_value("Credit Lot", lot, "remaining") == 777
		found = verification.verify(company.account).as_dict()["findings"]
		frappe.db.set_value("Credit Lot", lot, "remaining", 4)
		publish()
		self.assertEqual(changed, any(lot in str(finding) for finding in found), found)

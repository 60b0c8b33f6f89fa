"""The form scripts that the app gives the host's pages. Each is a record that loads a file of ours."""

from __future__ import annotations

from dataclasses import dataclass

import frappe

DOCTYPE = "HD Form Script"

# Once made a record is the administrator's, so it says nothing that an update would have to change: the file's
# version is asked of the server, because browsers may keep a file of that name for a year.
TEXT = """\
// Support Credits: {purpose}
// To do without it, untick "Enabled". The work is done in the app's own file and comes with its updates.
async function setupForm(context) {{
	const file = "{file}";
	const load = async () => {{
		const {{ headers }} = await fetch(file, {{ method: "HEAD", cache: "no-store" }});
		const version = headers.get("etag") || headers.get("last-modified") || "";
		return import(`${{file}}?v=${{encodeURIComponent(version)}}`);
	}};
	try {{
		window.{kept} ??= load();
		return (await window.{kept}).setupForm(context);
	}} catch (error) {{
		window.{kept} = undefined;
		console.warn("Support Credits: {warning}", error);
		return {{ actions: [] }};
	}}
}}
"""


@dataclass(frozen=True)
class FormScript:
	"""A record that the app adds. ``flags`` say on which of the host's pages it runs."""

	name: str
	file: str
	text: str
	flags: tuple[str, ...] = ()

	def records(self) -> list[str]:
		"""Those that do this script's work: ours, whatever an administrator has called it, and his copies of it."""
		filters = {"script": ["like", f"%{self.file}%"], **dict.fromkeys(self.flags, 1)}
		return frappe.get_all(DOCTYPE, filters, pluck="name")

	def add(self) -> bool:
		"""Make the record; False when there is one, which is left as it is."""
		if self.records() or frappe.db.exists(DOCTYPE, self.name):
			return False
		frappe.get_doc(
			{
				"doctype": DOCTYPE,
				"name": self.name,
				"dt": "HD Ticket",
				"apply_to": "Form",
				"enabled": 1,
				"script": self.text,
				**dict.fromkeys(self.flags, 1),
			}
		).insert(ignore_permissions=True)
		return True


COSTS_FILE = "/assets/support_credits/js/agent_costs.js"
PORTAL_FILE = "/assets/support_credits/js/portal_form.js"

AGENT_COSTS = FormScript(
	name="Support Credits",
	file=COSTS_FILE,
	text=TEXT.format(
		purpose="what splitting, merging and reopening a ticket costs, shown to agents.",
		file=COSTS_FILE,
		kept="support_credits_costs",
		warning="agents are not shown what a ticket costs.",
	),
)
PORTAL_TEXT = TEXT.format(
	purpose="the customers' credits on the portal's pages.",
	file=PORTAL_FILE,
	kept="support_credits_portal_form",
	warning="the portal's page does not show credits.",
)
PORTAL_TICKET = FormScript(
	"Support Credits: ticket in the portal", PORTAL_FILE, PORTAL_TEXT, ("apply_to_customer_portal",)
)
# The host runs it for agents too; the file does nothing there.
PORTAL_NEW = FormScript("Support Credits: new ticket", PORTAL_FILE, PORTAL_TEXT, ("apply_on_new_page",))

ALL = (AGENT_COSTS, PORTAL_TICKET, PORTAL_NEW)


def add_missing() -> None:
	for script in ALL:
		script.add()


def remove() -> None:
	"""Also where an administrator has let a record run on other pages."""
	for file in {script.file for script in ALL}:
		for name in frappe.get_all(DOCTYPE, {"script": ["like", f"%{file}%"]}, pluck="name"):
			frappe.delete_doc(DOCTYPE, name, ignore_permissions=True, force=True)

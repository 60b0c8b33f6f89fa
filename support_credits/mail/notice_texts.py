"""The texts of notices: Email Templates that the provider may edit, and the app's own, which they are made of.

A template is rendered as the host does it, with values that are numbers and texts, never records. One that cannot be rendered
loses no notice: the app's own text goes out, and the notice says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import frappe
from frappe import _
from frappe.utils import escape_html
from jinja2 import TemplateError, meta

from support_credits.engine.notice import Kind

DOCTYPE = "Email Template"
FOLDER = ("templates", "notices")
LANGUAGES = ("en", "pt")
SUBJECT = "Subject: "
SUBJECT_LENGTH = 200

Values = Mapping[str, object]


@dataclass(frozen=True)
class Written:
	"""A mail's subject and HTML; ``trouble`` says why it is not the provider's own text, where it should be."""

	subject: str
	html: str
	trouble: str = ""


def name_of(kind: Kind, language: str) -> str:
	"""The name of the Email Template of a kind in a language."""
	return f"Support Credits: {kind.value} ({language})"


@cache
def own_text(kind: Kind, language: str) -> tuple[str, str]:
	"""The app's own subject and HTML, from its file."""
	file = Path(frappe.get_app_path("support_credits", *FOLDER, f"{kind.name.lower()}.{language}.html"))
	subject, _newline, html = file.read_text(encoding="utf-8").partition("\n")
	return subject.removeprefix(SUBJECT), html.strip() + "\n"


def add_missing() -> None:
	"""Make the Email Templates that are not there. One that is there stays as it is, edited or not."""
	for kind in Kind:
		for language in LANGUAGES:
			name = name_of(kind, language)
			if frappe.db.exists(DOCTYPE, name):
				continue
			subject, html = own_text(kind, language)
			doc = {"doctype": DOCTYPE, "name": name, "subject": subject, "use_html": 1, "response_html": html}
			frappe.get_doc(doc).insert(ignore_permissions=True)


def remove() -> None:
	"""Take away those that we have made."""
	for kind in Kind:
		for language in LANGUAGES:
			frappe.delete_doc_if_exists(DOCTYPE, name_of(kind, language), force=True)


def write(kind: Kind, values: Values, language: str) -> Written:
	"""The mail in ``language``, or in English where there is no text in it."""
	code = language.partition("-")[0].lower()
	name = next(
		(name for name in (name_of(kind, code), name_of(kind, "en")) if frappe.db.exists(DOCTYPE, name)), ""
	)
	own = own_text(kind, code if code in LANGUAGES else "en")
	if not name:
		return _rendered(*own, values, _("There is no Email Template for it: the app's own text was sent."))
	template = frappe.get_cached_doc(DOCTYPE, name)
	trouble = _trouble(template, values)
	if not trouble:
		try:
			return Written(
				_one_line(template.get_formatted_subject(dict(values))),
				template.get_formatted_response(_escaped(values)),
			)
		except frappe.ValidationError:
			frappe.clear_last_message()
			trouble = _("it cannot be rendered")
		except Exception as error:
			trouble = f"{type(error).__name__}: {error}"
	return _rendered(
		*own,
		values,
		_("Email Template {0} could not be used ({1}): the app's own text was sent.").format(name, trouble),
	)


def _trouble(template: frappe.model.document.Document, values: Values) -> str:
	"""What is wrong with a template before it is rendered. The host would print a name it does not know as it is written."""
	environment = frappe.utils.jinja.get_jenv()
	known = {*values, *environment.globals}
	if not (template.subject and template.response_):
		return _("it is empty")
	for text in (template.subject, template.response_):
		try:
			unknown = meta.find_undeclared_variables(environment.parse(text)) - known
		except TemplateError as error:
			return str(error)
		if unknown:
			return _("unknown: {0}").format(", ".join(sorted(unknown)))
	return ""


def _rendered(subject: str, html: str, values: Values, trouble: str) -> Written:
	said = _one_line(frappe.render_template(subject, dict(values)))
	return Written(said, frappe.render_template(html, _escaped(values)), trouble)


def _one_line(text: str) -> str:
	return " ".join(text.split())[:SUBJECT_LENGTH]


def _escaped(value: object) -> object:
	"""The host's templates escape nothing: what people have typed is made safe before it gets there."""
	if isinstance(value, str):
		return escape_html(value)
	if isinstance(value, Mapping):
		return {name: _escaped(one) for name, one in value.items()}
	if isinstance(value, (list, tuple)):
		return [_escaped(one) for one in value]
	return value

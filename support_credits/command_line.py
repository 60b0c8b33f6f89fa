"""What every command needs: a connected site, an answer for people or programs, a line of progress."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from time import monotonic

import click
import frappe
from frappe.commands import get_site

METER_SECONDS = 0.1  # between two writings of a line
CLEAR_LINE = "\r\x1b[K"


@contextmanager
def site_of(context: object) -> Iterator[None]:
	"""Connect to the site as Administrator; commit when the block ends well, undo it when not, and say why."""
	from support_credits.engine.errors import EngineError

	site = get_site(context)
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	try:
		# The host says on the standard output what it puts into its search: a reader of --json wants the answer alone.
		with redirect_stdout(sys.stderr):
			yield
			frappe.db.commit()
	except (frappe.ValidationError, EngineError) as error:
		frappe.db.rollback()
		click.secho(_plain(str(error)), fg="red", err=True)
		sys.exit(1)
	finally:
		frappe.destroy()


def _plain(text: str) -> str:
	from frappe.utils import strip_html

	return strip_html(text)


def say(data: object, as_json: bool, human: Callable[[], str]) -> None:
	text = json.dumps(data, indent=1, default=str, ensure_ascii=False) if as_json else human()
	click.echo(text, file=sys.__stdout__)


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class Meter:
	"""How far a long command is, in one line that is written over and over; only where somebody watches a terminal."""

	def __init__(self, shown: bool) -> None:
		self.shown = shown and sys.stderr.isatty()
		self._next = 0.0

	def show(self, account: str, what: str, done: int, total: int) -> None:
		if not self.shown or monotonic() < self._next:
			return
		self._next = monotonic() + METER_SECONDS
		many = f"{done:,} of {total:,}" if total else f"{done:,}"
		click.echo(f"{CLEAR_LINE}{account} {what} {many}".replace("  ", " "), nl=False, err=True)

	def clear(self) -> None:
		if self.shown:
			click.echo(CLEAR_LINE, nl=False, err=True)


def file_of(path: str) -> str:
	"""Where the caller meant: bench runs commands in its ``sites`` folder, people type paths from the bench's own."""
	for candidate in (path, os.path.join("..", path)):
		if os.path.isfile(candidate):
			return os.path.abspath(candidate)
	raise click.BadParameter(f"{path} does not exist")

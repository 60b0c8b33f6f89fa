"""What customers are told: thresholds that are fallen to once, days before an end, and what an event of the ledger was."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from engine_factories import DAY, NOW
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.model import Entry, Lot, stamp_text
from support_credits.engine.model import Kind as EntryKind
from support_credits.engine.notice import (
	DEFAULTS,
	Kind,
	Stretch,
	course,
	fallen_to,
	happenings,
	numbers,
	stretches,
)


def entry(seq: int, kind: EntryKind, credits: int, event: str, lot: str = "L1", **more: object) -> Entry:
	at = stamp_text(NOW + seq * timedelta(minutes=1))
	said = {"incident": "", "reverses": "", "reason": "", "effective_at": at, **more}
	return Entry(
		f"CA-E{seq}", "CA", seq, lot, kind, credits, said["incident"], said["reverses"], said["reason"], "",
		event, "someone", at, said["effective_at"], "", "",
	)  # fmt: skip


def lot(remaining: int, name: str = "L1", **more: object) -> Lot:
	return Lot(name, 100, remaining, NOW - DAY, **more)


class TestNumbers:
	def test_a_list_is_read_highest_first_whatever_its_order_and_spaces(self):
		assert numbers(" 1,30 ,7,", 366) == (30, 7, 1)
		assert numbers("", 366) == ()

	@pytest.mark.parametrize(
		("text", "said"),
		[
			("5, x", "x is not a whole number from 0 to 366"),
			("-1", "-1 is not a whole number"),
			("1.5", "1.5 is not a whole number"),
			("367", "367 is not a whole number from 0 to 366"),
			("7, 07", "a number is named twice in 7, 07"),
			("1,2,3,4,5,6", "6 numbers are too many: at most 5"),
		],
	)
	def test_what_is_no_list_of_whole_numbers_is_refused_and_named(self, text, said):
		with pytest.raises(EngineError, match=said):
			numbers(text, 366)


class TestLowBalance:
	def test_only_the_lowest_threshold_of_one_fall_is_told(self):
		assert fallen_to((5, 1), highest=9, now=4) == 5
		assert fallen_to((5, 1), highest=9, now=0) == 1
		assert fallen_to((5, 1), highest=4, now=1) == 1

	def test_who_was_below_before_is_told_again_only_after_he_has_had_more(self):
		assert fallen_to((5, 1), highest=5, now=3) is None
		assert fallen_to((5, 1), highest=6, now=5) == 5
		assert fallen_to((), highest=9, now=0) is None

	@given(st.lists(st.integers(-20, 20), min_size=1, max_size=30), st.sets(st.integers(0, 10), max_size=4))
	def test_a_threshold_is_told_at_most_once_between_two_times_above_it(self, balances, thresholds):
		"""However the course is cut into runs of one balance each."""
		before, told = balances[0], []
		for balance in balances[1:]:
			reached = fallen_to(thresholds, max(before, balance), balance)
			if reached is not None:
				assert balance <= reached < before
				told.append(reached)
			before = balance
		falls = sum(
			any(balance <= one < earlier for one in thresholds) for earlier, balance in pairwise(balances)
		)
		assert len(told) == falls

	def test_the_course_of_a_balance_is_told_from_the_entries_backwards(self):
		entries = [
			entry(1, EntryKind.GRANT, 10, "grant/1"),
			entry(2, EntryKind.CHARGE, -4, "a/1"),
			entry(3, EntryKind.CHARGE, -6, "b/1"),
		]
		assert list(course([lot(0)], entries)) == [0, 6, 6, 10, 10, 0]

	def test_a_lot_counts_while_it_is_valid_and_not_after(self):
		ends = NOW + timedelta(seconds=90)
		entries = [entry(1, EntryKind.CHARGE, -1, "a/1"), entry(2, EntryKind.EXPIRY, -9, "e/1")]
		assert list(course([lot(0, expires_at=ends)], entries)) == [0, 0, 9, 10]


class TestHappenings:
	def test_a_charge_over_several_lots_is_one_with_the_sum(self):
		lines = [
			entry(1, EntryKind.CHARGE, -2, "ticket:k:open/1", incident="I"),
			entry(2, EntryKind.CHARGE, -1, "ticket:k:open/2", "L2", incident="I"),
		]
		[found] = happenings(lines)
		assert (found.kind, found.key, found.credits, found.incident) == (
			Kind.CHARGED,
			"ticket:k:open",
			3,
			"I",
		)

	def test_a_refund_to_an_expired_lot_counts_what_came_back_and_not_its_transfer(self):
		lines = [
			entry(1, EntryKind.REFUND, 2, "ticket:k:refund:1/1", incident="I", reason="Exempt: BUG"),
			entry(2, EntryKind.TRANSFER, -2, "ticket:k:refund:1/2"),
			entry(3, EntryKind.GRANT, 2, "ticket:k:refund:1/3", "L2"),
		]
		[found] = happenings(lines)
		assert (found.kind, found.credits, found.reason) == (Kind.REFUNDED, 2, "Exempt: BUG")

	def test_lots_that_ended_at_the_same_instant_are_told_of_together(self):
		end = stamp_text(NOW - DAY)
		lines = [
			entry(7, EntryKind.EXPIRY, -2, "expire:L1/1", effective_at=end),
			entry(8, EntryKind.EXPIRY, -3, "expire:L2/1", "L2", effective_at=end),
			entry(9, EntryKind.EXPIRY, -1, "expire:L3/1", "L3", effective_at=stamp_text(NOW)),
		]
		found = list(happenings(lines))
		assert [(one.kind, one.key, one.credits, one.at) for one in found] == [
			(Kind.EXPIRED, "CA:7", 5, end),
			(Kind.EXPIRED, "CA:9", 1, stamp_text(NOW)),
		]

	@pytest.mark.parametrize(
		("kind", "credits", "event"),
		[
			(EntryKind.GRANT, 5, "grant/1"),
			(EntryKind.VOID, -5, "void/1"),
			(EntryKind.ADJUSTMENT, 1, "adjust/1"),
			(EntryKind.TRANSFER, -5, "merge/1"),
			(EntryKind.REFUND, 1, "repay:CA:2/1"),
			(EntryKind.CHARGE, -1, "repay:CA:2/2"),
			(EntryKind.CHARGE, -1, "ticket:k:release:1/1"),
		],
	)
	def test_a_persons_act_a_repayment_and_a_release_are_not_told_from_the_ledger(self, kind, credits, event):
		assert list(happenings([entry(1, kind, credits, event)])) == []


class TestStretches:
	def test_each_reaches_down_to_the_next(self):
		assert stretches((7, 30, 1)) == (Stretch(30, 7), Stretch(7, 1), Stretch(1, -1))
		assert stretches(()) == ()

	@given(st.sets(st.integers(0, 366), max_size=5), st.integers(0, 400))
	def test_a_day_before_the_end_lies_in_one_stretch_at_most(self, days, left):
		inside = [one for one in stretches(tuple(days)) if one.after < left <= one.days]
		assert len(inside) == (1 if days and left <= max(days) else 0)
		assert all(one.days == min(day for day in days if day >= left) for one in inside)


def test_every_kind_is_chosen_by_the_site_but_the_answer_to_a_mail():
	assert set(Kind) - set(DEFAULTS) == {Kind.WAITING}

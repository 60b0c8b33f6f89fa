"""The bytes of an entry that are hashed: one form, for posting and for checking.

Changing anything here makes every ledger ever written unverifiable; a new form would need a version in the
entry.
"""

from __future__ import annotations

import json
from hashlib import sha256

from support_credits.engine.model import Entry

# One encoder for all entries: json.dumps with options builds a new one per call, which is most of its cost.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def canonical(
	account: str,
	seq: int,
	lot: str,
	kind: str,
	credits: int,
	incident: str,
	reverses: str,
	reason: str,
	detail: str,
	event_key: str,
	actor: str,
	posted_at: str,
	effective_at: str,
	prev_hash: str,
) -> bytes:
	"""The bytes that are hashed: a compact JSON list, so no two different entries read the same.

	The entry's name is not in it because it is derived: account and sequence number. Unpaired surrogates
	pass, so that whatever a database gave back can be hashed and be reported as edited instead of stopping
	the check.
	"""
	fields = [
		account,
		seq,
		lot,
		kind,
		credits,
		incident,
		reverses,
		reason,
		detail,
		event_key,
		actor,
		posted_at,
		effective_at,
		prev_hash,
	]
	return _encode(fields).encode("utf-8", "surrogatepass")


def row_hash(fields: list[object]) -> str:
	"""The same hash from a list in the order of :func:`canonical`: a ledger of millions is checked without objects."""
	return sha256(_encode(fields).encode("utf-8", "surrogatepass")).hexdigest()


def entry_hash_of(entry: Entry) -> str:
	"""SHA-256, in hex, of what the entry says: equal to its ``entry_hash`` unless somebody edited it."""
	return sha256(
		canonical(
			entry.account,
			entry.seq,
			entry.lot,
			entry.kind,
			entry.credits,
			entry.incident,
			entry.reverses,
			entry.reason,
			entry.detail,
			entry.event_key,
			entry.actor,
			entry.posted_at,
			entry.effective_at,
			entry.prev_hash,
		)
	).hexdigest()

"""Activation codes: 80 random bits for a card, typed by people. Only a digest is ever kept.

Letters and digits are Crockford's base 32, without those that are taken for others; what somebody types for them is
read as what was meant.
"""

from __future__ import annotations

from hashlib import sha256

from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
BYTES = LENGTH * 5 // 8
GROUP = 4
_MEANT = str.maketrans("OIL", "011")
_BETWEEN = str.maketrans("", "", " -\u2010\u2011\u2012\u2013\t\r\n\u00a0")


def code_from(random: bytes) -> str:
	"""A code of four groups of four from 10 random bytes: every code stands for one number."""
	if len(random) != BYTES:
		raise EngineError(f"a code is made of {BYTES} random bytes")
	number = int.from_bytes(random, "big")
	return _grouped("".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH))))


def code_of(typed: str) -> str:
	"""What a person typed, as the code is printed. EngineError for what can be none."""
	return _grouped(plain_code(typed))


def _grouped(plain: str) -> str:
	return "-".join(plain[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def plain_code(typed: str) -> str:
	"""What a person typed, as the 16 characters of a code. EngineError for what can be none."""
	plain = typed.upper().translate(_BETWEEN).translate(_MEANT)
	if len(plain) != LENGTH or set(plain) - set(ALPHABET):
		raise EngineError(
			_("a code has {length} letters and digits, for example {example}"),
			length=LENGTH,
			example="7K3M-PX2D-9QRT-W4HV",
		)
	return plain


def digest_of(typed: str) -> str:
	"""What is kept of a code: its SHA-256. With 80 random bits nobody finds the code that has it."""
	return sha256(f"support credits:{plain_code(typed)}".encode()).hexdigest()

"""Questions to a payment provider, over HTTP: with an end in time, and not repeated where they could change something."""

from __future__ import annotations

from decimal import Decimal

import requests

TIMEOUT = (5, 20)  # seconds to connect, to read: somebody waits for the answer


def get(
	url: str, auth: tuple[str, str], unknown: tuple[int, ...] = (), **params: object
) -> dict[str, object]:
	"""The JSON at ``url``; empty for a status of ``unknown``. Raises requests.RequestException for any other refusal."""
	answer = requests.get(url, params=params, auth=auth, timeout=TIMEOUT)
	if answer.status_code in unknown:
		return {}
	answer.raise_for_status()
	return answer.json()


def post(url: str, **kwargs: object) -> requests.Response:
	answer = requests.post(url, timeout=TIMEOUT, **kwargs)
	answer.raise_for_status()
	return answer


def from_hundredths(amount: object) -> Decimal:
	"""An amount in hundredths. Gateways that count so are used for currencies of two places alone."""
	return Decimal(str(amount)) / 100

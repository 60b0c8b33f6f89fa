"""Ports of the bench: chosen free once, remembered, never shared with another program."""

from __future__ import annotations

import os
import socket
import zlib

from .place import Place
from .say import Stop

# First port tried for each; away from the defaults, which other benches and servers of the machine use.
FIRST = {
	"web": 8100,
	"socketio": 9100,
	"watcher": 6800,
	"db": 23306,
	"redis_cache": 23379,
	"redis_queue": 23479,
}


def is_free(port: int) -> bool:
	for address in ("127.0.0.1", "0.0.0.0"):
		with socket.socket() as probe:
			probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			try:
				probe.bind((address, port))
			except OSError:
				return False
	return True


def answers(port: int) -> bool:
	with socket.socket() as probe:
		probe.settimeout(1)
		return probe.connect_ex(("127.0.0.1", port)) == 0


def ports(place: Place) -> dict[str, int]:
	"""Return the bench's ports; on the first call choose and remember them."""
	known: dict[str, int] = place.state().get("ports", {})
	if not known:
		# Benches of one machine look at different places first: one may be down while another chooses.
		offset = zlib.crc32(str(place.bench).encode()) % 90
		known = {name: _choose(name, first + offset) for name, first in FIRST.items()}
		place.remember(ports=known)
	asked = os.environ.get("SC_WEB_PORT")
	if asked and int(asked) != known["web"]:
		known["web"] = _choose("web", 0)
		place.remember(ports=known)
	return known


def _choose(name: str, first: int) -> int:
	asked = os.environ.get(f"SC_{name.upper()}_PORT")
	if asked:
		if not is_free(int(asked)):
			raise Stop(f"port {asked} (SC_{name.upper()}_PORT) is in use by another program")
		return int(asked)
	for port in range(first, first + 100):
		if is_free(port):
			return port
	raise Stop(f"no free port for {name} between {first} and {first + 99}; choose SC_{name.upper()}_PORT")

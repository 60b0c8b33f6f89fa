"""Run by frappe-bench's own Python: `bench` without its look at neighbouring benches.

`bench init` reads the ports of every bench beside the new one, to choose the next; a neighbour whose port
is text ("8010", as `bench set-config` writes it) makes it fail. Ours are set by ports.py: no need to look.
"""

import sys

from bench.cli import cli
from bench.config import common_site_config

UNUSED = {
	"webserver_port": 8000,
	"socketio_port": 9000,
	"file_watcher_port": 6787,
	"redis_cache": 13000,
	"redis_queue": 11000,
	"redis_socketio": 13000,
}

if __name__ == "__main__":
	common_site_config.make_ports = lambda bench_path: dict(UNUSED)
	sys.exit(cli())

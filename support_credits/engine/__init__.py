"""The rules of support by the incident, as pure functions over frozen values.

Nothing here imports Frappe, reads a clock, a file or a database: the caller passes the instant and the
facts and writes what comes back. The linter enforces it (`ruff.toml` beside this file).
"""

# Every target is one command of scripts/sc; settings are environment variables (SC_USER, SC_BENCH, SC_WEB_PORT,
# SC_FRAPPE_BRANCH, SC_PYTHON) or FRAPPE=16 (that version, on a bench of its own: docs/upgrading.md) and, for tests,
# STRICT=1 (a skipped server suite fails) and KEEP=1 (services stay up).
export SC_STRICT ?= $(STRICT)
export KEEP
ifdef FRAPPE
export SC_FRAPPE_BRANCH := version-$(FRAPPE)
endif

.PHONY: help demo down test test-engine test-server test-browser faults lint sync
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## Frappe, Helpdesk and this app on a bench of their own, both providers' sites, served
	@scripts/sc demo

down: ## stop what `make demo` started
	@scripts/sc down

test: ## every suite on this checkout: engine, server, ERPNext and gateways, browser
	@scripts/sc test engine server erpnext browser

test-engine: ## the engine alone, on bare Python
	@scripts/sc test engine

test-server: ## the server suite on the bench's test site
	@scripts/sc test server

test-browser: ## the pages in a real browser
	@scripts/sc test browser

faults: ## races, crashes and a soak at full length, on servers of their own: about an hour and a half
	@scripts/sc test faults

lint: ## ruff and mypy as CI runs them
	@scripts/sc test lint

sync: ## put this checkout on the bench, nothing more
	@scripts/sc sync

"""Support by the incident for Frappe Helpdesk. Holds the version only: the engine must import without Frappe."""

__version__ = "0.1.0"

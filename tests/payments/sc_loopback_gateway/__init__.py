"""A payment gateway of the tests' own, as an app: its controller, its provider on loopback, and the suite."""

__version__ = "0.0.1"

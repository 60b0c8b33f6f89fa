"""Provision a bench, serve it and test the checkout on it. Standard library only."""

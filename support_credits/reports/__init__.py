"""What the reports read: sums over all accounts, made by the database. Nothing here writes, locks or decides.

Beside the ledger and not in it: ``ledger/`` is where credits are moved and what is read to decide about them, while these
reads span every account and other records too (tickets, sessions), and may be a moment old.
"""

"""The only writer of ledger entries, lots and incidents, and the reads.

Every change goes the same way: lock the account by primary key, read what is needed under the lock, let ``engine``
decide, insert. Nothing outside this package writes these tables, and the controllers refuse everybody else.
"""

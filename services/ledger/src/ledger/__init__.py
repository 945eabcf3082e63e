"""The ledger service: a database of everything that happened, the archive, replay and erasure."""

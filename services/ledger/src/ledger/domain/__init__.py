"""Pure rules of the ledger, the archive and erasure."""

"""The changes that each event makes to the ledger's rows."""

"""What the ledger says about events: facts, rows folded from them, counts and one hash; pure."""

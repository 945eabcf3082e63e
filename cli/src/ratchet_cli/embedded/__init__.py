"""The whole system on one machine: a real Valkey, the four services and the ledger as processes."""

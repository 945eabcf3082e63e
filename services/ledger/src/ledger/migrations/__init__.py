"""The ledger's schema, step by step; Alembic runs them when the ledger starts."""

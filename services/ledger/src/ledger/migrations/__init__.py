"""Revisions of the ledger's schema, which Alembic runs when the ledger starts."""

"""Runs the missing revisions in the transaction of the caller."""

from alembic import context

from ledger.backends.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()

"""What Alembic runs: the steps that are missing, in the transaction it was handed."""

from alembic import context

from ledger.backends.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()

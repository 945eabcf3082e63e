"""Adds the erased examples, which mark the runs and models that used them."""

from alembic import op
from sqlalchemy import BigInteger, Column, String

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forgotten_examples",
        Column("example_id", String(), primary_key=True),
        Column("request_id", String(), nullable=False),
        Column("forgotten_at", BigInteger(), nullable=False),
    )

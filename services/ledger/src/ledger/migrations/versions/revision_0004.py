"""Adds the examples that a run left out: its lineage does not have them."""

from alembic import op
from sqlalchemy import Column, String

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "left_out_examples",
        Column("run_id", String(), primary_key=True),
        Column("example_id", String(), primary_key=True),
    )

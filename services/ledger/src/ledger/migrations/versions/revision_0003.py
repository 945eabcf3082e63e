"""Links each erased example to its requests, so that a repeated event adds nothing."""

from alembic import op
from sqlalchemy import Column, String

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("forgotten_examples", "marked_examples")
    op.create_table(
        "forgotten_examples",
        Column("example_id", String(), primary_key=True),
        Column("request_id", String(), primary_key=True),
    )
    op.create_index("ix_forgotten_examples_request_id", "forgotten_examples", ["request_id"])
    op.execute("INSERT INTO forgotten_examples SELECT example_id, request_id FROM marked_examples")
    op.drop_table("marked_examples")

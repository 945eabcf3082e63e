"""Adds when events arrived, how many other answers an experience has, and the ends of streams."""

from alembic import op
from sqlalchemy import BigInteger, Column, String

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", Column("arrived", BigInteger()))
    op.add_column("experiences", Column("conflicts", BigInteger()))
    op.create_table(
        "stream_ends",
        Column("stream", String(), primary_key=True),
        Column("arrived", BigInteger(), nullable=False),
        Column("went_back_at", BigInteger()),
    )

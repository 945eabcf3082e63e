"""${message}."""

from alembic import op
from sqlalchemy import Column

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}

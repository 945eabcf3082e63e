"""Changes no table: what counts as feedback changed, so `migrate` counts again."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass

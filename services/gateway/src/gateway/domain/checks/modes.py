"""What the check of a path does."""

from typing import Literal

CheckMode = Literal["report", "hold"]
"""`report` states the judgment; `hold` does not send an untrue answer either."""

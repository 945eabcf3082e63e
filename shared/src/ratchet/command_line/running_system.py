"""Which embedded system runs in a data directory, and on which ports."""

import json
import os
from contextlib import suppress
from pathlib import Path

STATE_FILE = "up.json"


def read_state(data_dir: Path) -> dict[str, int] | None:
    """The ports of the system that runs in `data_dir`, or None when none does."""
    try:
        state = json.loads((data_dir / STATE_FILE).read_text())
        with suppress(PermissionError):  # it runs, as another user
            os.kill(state["pid"], 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return dict(state["ports"])

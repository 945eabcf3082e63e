"""The `ratchet` command as a program calls it."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from ratchet_cli.app import main


def ratchet(*words: str | Path) -> tuple[int, dict[str, Any]]:
    """The exit code and what `--json` prints."""
    result = CliRunner().invoke(main, [*map(str, words), "--json"])
    return result.exit_code, json.loads(result.stdout)

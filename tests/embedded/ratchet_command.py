"""Calls the `ratchet` command with `--json`."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from ratchet_cli.app import main


def ratchet(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON value on stdout."""
    result = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    return result.exit_code, json.loads(result.stdout)

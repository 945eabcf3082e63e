"""The `ratchet` command, with stdout and stderr apart."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from ratchet_cli.app import main


@dataclass(frozen=True)
class CommandResult:
    code: int
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.stdout)


Ratchet = Callable[..., Awaitable[CommandResult]]


@pytest.fixture
def ratchet(monkeypatch: pytest.MonkeyPatch) -> Ratchet:
    for name in ("RATCHET_REDIS_URL", "RATCHET_URL", "RATCHET_EXPORTER_URL", "RATCHET_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)

    async def run(*arguments: str, answer: str | None = None) -> CommandResult:
        result = await asyncio.to_thread(CliRunner().invoke, main, arguments, answer)
        return CommandResult(result.exit_code, result.stdout, result.stderr)

    return run

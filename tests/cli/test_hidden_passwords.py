"""A password in an argument does not stay in the process list."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ratchet_cli.app import main

_PROGRAM = """
import sys
from pathlib import Path
from ratchet_cli.hidden_passwords import hide_passwords
hide_passwords()
print(Path("/proc/self/cmdline").read_bytes().replace(b"\\0", b" ").decode())
print(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems show another copy")
@pytest.mark.parametrize(
    "address",
    [
        "redis://:hunter2@127.0.0.1:6379/0",
        "--into=redis://ratchet:hunter2@h/0",
        "redis://h/0?password=hunter2",
        "http://u:hunter2@h:8100",
    ],
)
def test_an_address_is_masked_in_the_process_list_and_remains_for_the_program(address: str):
    command = [sys.executable, "-c", _PROGRAM, "replay", address, "äöü", "--json"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    listed, passed = shown.rstrip("\n").rsplit("\n", 1)
    assert "hunter2" not in listed
    assert "äöü --json" in listed
    assert address in passed


def test_a_replay_reads_the_address_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    addresses: list[str | None] = []

    async def compare(
        settings: Any, into: str | None, restore: bool, step: object
    ) -> dict[str, object]:
        addresses.append(into)
        return {"equal": True, "differences": []}

    monkeypatch.setattr("ledger.replay.comparison.compare", compare)
    monkeypatch.setenv("RATCHET_REDIS_URL", "redis://127.0.0.1:1/0")
    command = ["replay", "--into", "-", "--data-dir", str(tmp_path)]
    ended = CliRunner().invoke(main, command, input="redis://:hunter2@127.0.0.1:1/0\n")
    assert ended.exit_code == 0, ended.output
    assert addresses == ["redis://:hunter2@127.0.0.1:1/0"]

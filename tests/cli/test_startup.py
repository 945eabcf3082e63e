"""Help, completion and the version are quick: they import no library that a command needs."""

import subprocess
import sys
from importlib.metadata import version
from resource import RUSAGE_CHILDREN, getrusage

import pytest

from ratchet.contract import STREAMS
from ratchet_cli.dead_letters import STREAM_NAMES

HEAVY = (
    "httpx",
    "redis",
    "pydantic_settings",
    "numpy",
    "sqlalchemy",
    "asyncio",
    "ratchet.contract",
    "ratchet_text",
)
# Not pydantic: Typer itself converts the values of options with it.
PROGRAM = f"""
import sys
from ratchet_cli.app import main
try:
    main(sys.argv[1:], prog_name="ratchet")
finally:
    print(*(name for name in {HEAVY} if name in sys.modules), sep=",", file=sys.stderr)
"""


def ratchet(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["dead", "--help"], ["completion", "bash"]],
    ids=" ".join,
)
def test_no_heavy_module_is_imported(arguments: list[str]):
    assert ratchet(*arguments).stderr.strip() == ""


@pytest.mark.parametrize(
    "words", ["ratchet ", "ratchet dead retry --stream f", "ratchet forget --"]
)
def test_a_tab_imports_no_heavy_module(words: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("_RATCHET_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
    completed = ratchet()
    assert completed.stdout.split()
    assert completed.stderr.strip() == ""


def test_the_streams_of_a_tab_are_those_of_the_contract():
    assert tuple(stream.name for stream in STREAMS) == STREAM_NAMES


def test_help_takes_less_than_a_second_of_processor_time():
    """About 0.2 s on one core of 2020; wall time would measure what else the machine does."""
    before = getrusage(RUSAGE_CHILDREN)
    ratchet("--help")
    after = getrusage(RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_help_lists_every_command_in_order_with_a_whole_sentence():
    _, _, listed = ratchet("--help").stdout.partition("Commands:\n")
    rows = [line.split(maxsplit=1) for line in listed.splitlines()]
    assert [name for name, _ in rows] == [
        *("up", "stop", "status", "logs", "doctor"),
        *("models", "activate", "rollback", "bundle", "install"),
        *("backup", "restore", "replay", "repair", "lineage", "forget", "simulate", "demo"),
        *("completion", "import", "dead", "corrections", "keys"),
    ]
    assert [help_ for _, help_ in rows if help_.endswith("...")] == []


def test_the_version_is_that_of_the_distribution():
    assert ratchet("--version").stdout == f"ratchet {version('ratchet-cli').partition('+')[0]}\n"

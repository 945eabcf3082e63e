"""Help, completion and the version are quick: they import no library that a command needs."""

import subprocess
import sys
from importlib.metadata import version
from resource import RUSAGE_CHILDREN, getrusage

import pytest

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
        *("up", "status", "doctor", "models", "activate", "rollback", "bundle", "install"),
        *("backup", "restore", "replay", "repair", "lineage", "forget", "simulate", "demo"),
        *("completion", "import", "dead", "corrections", "keys"),
    ]
    assert [help_ for _, help_ in rows if help_.endswith("...")] == []


def test_the_version_is_that_of_the_distribution():
    assert ratchet("--version").stdout == f"ratchet {version('ratchet-cli').partition('+')[0]}\n"

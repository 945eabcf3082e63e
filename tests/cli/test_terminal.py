"""No command prints a text that a client chose in a way that controls the terminal."""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from typer.testing import CliRunner

from ledger.backends.writer import SqlLedger
from ratchet.command_line import colored, printable, screen
from ratchet.contract import Experience, ExperienceRecorded, derived_id
from ratchet_cli.app import main
from ratchet_cli.system_status import show_status
from ratchet_testing.deliveries import delivered
from ratchet_testing.ledger_world import START, Opened

ROOT = Path(__file__).parents[2]
TERMINAL = ROOT / "shared/src/ratchet/command_line/terminal.py"
_RAW = ("typer.echo", "typer.secho", "click.echo", "Console")
HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\x7f\u202e[/nope][red]"


def modules() -> Iterator[Path]:
    for part in ("cli", "edge", "shared", "services/*", "simulator"):
        for path in ROOT.glob(f"{part}/src/**/*.py"):
            if path != TERMINAL:
                yield path


def is_controlled(text: str) -> bool:
    return any(mark in text for mark in ("\x1b", "\x07", "\x9b", "\x7f", "\u202e"))


def raw_prints(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        to_file = any(keyword.arg == "file" for keyword in node.keywords)
        if name in _RAW or name.endswith("from_markup") or (name == "print" and not to_file):
            yield f"{path}:{node.lineno}: {name}"


def test_every_command_prints_through_the_functions_that_replace_control_characters():
    assert [found for path in modules() for found in raw_prints(path)] == []


@given(st.text())
def test_a_printable_text_has_no_control_character(text: str):
    shown = printable(text)
    assert len(shown) == len(text)
    assert all(one.isprintable() or one in "\n\t\u200c\u200d" for one in shown)


def test_words_with_joiners_and_lines_remain():
    assert printable("क्\u200dष\nline\t2") == "क्\u200dष\nline\t2"


def test_a_screen_prints_strings_and_cells_as_they_are():
    file = io.StringIO()
    console = screen(file=file, width=200)
    table = Table("a", "b")
    table.add_row(HOSTILE, colored(HOSTILE, "red"))
    console.print(table)
    console.print(HOSTILE, style="red")
    assert file.getvalue().count("[/nope][red]") == 3
    assert not is_controlled(file.getvalue())


def test_status_shows_a_summary_that_a_client_chose(capsys: pytest.CaptureFixture[str]):
    service = {"ready": True, "port": 8102, "uptime_s": 1.0, "summary": HOSTILE, "degraded": []}
    broken = {"ready": False, "port": 8103, "problem": HOSTILE, "degraded": []}
    part = {"part": HOSTILE, "reason": HOSTILE}
    state = {
        "services": {"trainer": {**service, "degraded": [part]}, "exporter": broken},
        "streams": [{"stream": "all", "problem": HOSTILE}],
        "totals": {"waiting": 0, "pending": 0, "dead": 0},
    }
    show_status(state)
    shown = capsys.readouterr().out
    assert "[/nope]" in shown.replace("\n", "")
    assert not is_controlled(shown)


def test_lineage_shows_ids_that_a_client_chose(tmp_path: Path):
    query_id = f"q{HOSTILE.replace('[/nope][red]', '')}"
    raw = {"query_id": "q", "timestamp": START, "transcript": "power?"}
    experience = Experience.model_validate(raw).model_copy(update={"query_id": query_id})
    recorded = ExperienceRecorded(
        event_id=derived_id("recorded"), occurred_at=START, experience=experience
    )
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with Opened(url) as opened:
        SqlLedger(opened.engine).write(delivered([recorded]))
    for name in ("nothing-of-this-name", query_id):
        shown = CliRunner().invoke(main, ["lineage", name, "--data-dir", str(tmp_path)])
        assert not is_controlled(shown.output), name
        assert "\x1b" not in shown.stderr

"""Every command has help, `--json` and a section in docs/cli.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ratchet_cli.app import main

GUIDE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
WITHOUT_JSON = {
    "ratchet logs": "the lines of services are JSON",
    "ratchet up": "it runs until it is stopped",
    "ratchet completion": "it prints a script",
}


def walk(name: str, command: object) -> Iterator[tuple[str, object]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child_name, child in children.items():
        yield from walk(f"{name} {child_name}", child)


COMMANDS = dict(walk("ratchet", typer.main.get_command(main)))


def options(name: str) -> set[str]:
    return {option for parameter in COMMANDS[name].params for option in parameter.opts}  # type: ignore[attr-defined]


def section(name: str) -> str:
    """The section of docs/cli.md about a command."""
    _, found, rest = GUIDE.partition(f"### `{name}`\n")
    assert found, f"docs/cli.md has no heading ### `{name}`"
    return rest.partition("\n### ")[0].partition("\n## ")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_has_help(name: str):
    result = CliRunner().invoke(main, [*name.split()[1:], "--help"])
    assert result.exit_code == 0
    command = COMMANDS[name]
    assert command.help  # type: ignore[attr-defined]
    without_help = [p.name for p in command.params if not getattr(p, "help", None)]  # type: ignore[attr-defined]
    assert without_help == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_prints_json_or_the_guide_has_the_reason(name: str):
    if name in WITHOUT_JSON:
        assert "--json" not in options(name)
        assert "No `--json`:" in section(name)
    else:
        assert "--json" in options(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_guide_with_an_example(name: str):
    assert re.search(rf"^{name}", section(name), re.MULTILINE)


def test_the_guide_names_no_other_command():
    headings = {line[5:-1] for line in GUIDE.splitlines() if line.startswith("### `ratchet")}
    assert headings == COMMANDS.keys()


@pytest.mark.parametrize("option", ["--data-dir", "--redis-url", "--url", "--exporter-url"])
def test_an_option_has_the_same_variable_in_every_command(option: str):
    found = {
        str(parameter.envvar)
        for command in COMMANDS.values()
        for parameter in command.params  # type: ignore[attr-defined]
        if option in parameter.opts and command.name != "demo"  # type: ignore[attr-defined]
    }
    assert len(found) == 1
    assert "RATCHET_" in found.pop()

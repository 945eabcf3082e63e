"""Completion in a real bash, and the scripts for other shells."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """With this project's `ratchet` on the PATH."""
    program = tmp_path / "ratchet"
    program.write_text(f"#!{sys.executable}\nfrom ratchet_cli.app import main\n\nmain()\n")
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}


def completed(environment: dict[str, str], *lines: str) -> list[list[str]]:
    """The completions that one bash offers for the last word of each line."""
    script = """
source <(ratchet completion bash)
complete_word=$(complete -p ratchet | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
for line in "$@"; do
  read -r -a COMP_WORDS <<< "$line"
  [[ $line == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  $complete_word ratchet
  echo "${COMPREPLY[@]}"
done
"""
    result = subprocess.run(
        ["bash", "-c", script, "bash", *lines],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert result.stderr == ""
    return [line.split() for line in result.stdout.splitlines()]


def test_bash_completes_commands_options_and_streams(environment: dict[str, str]):
    lines = (
        "ratchet ro",
        "ratchet dead ",
        "ratchet dead list --st",
        "ratchet dead list --stream tr",
    )
    assert completed(environment, *lines) == [
        ["rollback"],
        ["list", "retry", "drop"],
        ["--stream"],
        ["trace-requests", "traces"],
    ]


@pytest.mark.parametrize(
    ("shell", "words", "begins"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "ratchet dead re"}, "#compdef ratchet"),
        (
            "fish",
            {"_TYPER_COMPLETE_ARGS": "ratchet dead re", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
            "complete --command ratchet",
        ),
    ],
)
def test_zsh_and_fish_call_the_same_command(
    environment: dict[str, str], shell: str, words: dict[str, str], begins: str
):
    def ratchet(*arguments: str, **more: str) -> str:
        command = ["ratchet", *arguments]
        more = {**environment, **more}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=more).stdout

    script = ratchet("completion", shell)
    assert script.strip().startswith(begins)
    assert f"_RATCHET_COMPLETE=complete_{shell}" in script
    assert "retry" in ratchet(_RATCHET_COMPLETE=f"complete_{shell}", **words)

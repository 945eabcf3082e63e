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


def completed(environment: dict[str, str], *words: str) -> list[str]:
    """The completions that bash offers for the last of `words`."""
    script = """
source <(ratchet completion bash)
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
$(complete -p ratchet | sed 's/.*-F \\([^ ]*\\) .*/\\1/') ratchet
printf '%s\\n' "${COMPREPLY[@]}"
"""
    result = subprocess.run(
        ["bash", "-c", script, "bash", *words],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert result.stderr == ""
    return result.stdout.split()


def test_bash_completes_commands_options_and_streams(environment: dict[str, str]):
    assert completed(environment, "ratchet", "ro") == ["rollback"]
    assert completed(environment, "ratchet", "dead", "") == ["list", "retry", "drop"]
    assert completed(environment, "ratchet", "dead", "list", "--st") == ["--stream"]
    assert completed(environment, "ratchet", "dead", "list", "--stream", "tr") == [
        "trace-requests",
        "traces",
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

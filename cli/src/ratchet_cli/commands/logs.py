"""`ratchet logs`: the output of `ratchet up`, also of one that runs in the background."""

import os
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TextIO

import typer

from ratchet.command_line import DEFAULT_DATA_DIR, DataDir, Failed, say

_POLL_S = 0.25


def logs(
    service: Annotated[str | None, typer.Argument(help="Only of this service, or valkey.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="The newest lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more lines.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Print the newest log lines of the system in a data directory."""
    from ratchet_cli.embedded.output import LOG_FILE
    from ratchet_cli.embedded.processes import SERVICES

    names = ("valkey", *SERVICES)
    if service is not None and service not in names:
        known = ", ".join(names)
        raise typer.BadParameter(f"There is no service {service!r}. Pass one of {known}.")
    path = data_dir / LOG_FILE
    if not path.is_file():
        raise Failed(f"There is no {path}: `ratchet up --data-dir {data_dir}` writes it.")
    begin = "" if service is None else f"{service:>8} | "
    older = sorted(path.parent.glob(f"{path.name}.*"), reverse=True)
    kept: deque[str] = deque(maxlen=lines)
    for file in older:
        kept.extend(line for line in _lines_of(file) if line.startswith(begin))
    newest = path.open(encoding="utf-8", errors="replace")
    written, _, begun = newest.read().rpartition("\n")
    kept.extend(line for line in written.splitlines() if line.startswith(begin))
    for line in kept:
        say(line)
    sys.stdout.flush()
    for line in _new_lines(path, newest, begun) if follow else ():
        if line.startswith(begin):
            say(line)
            sys.stdout.flush()


def _lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _new_lines(path: Path, file: TextIO, begun: str) -> Iterator[str]:
    """Each line after what was read of `file`, also of the next files at `path`.

    `begun` is the part of a line that was read.
    """
    while True:
        begun += file.readline()
        if begun.endswith("\n"):
            yield begun.rstrip("\n")
            begun = ""
        elif path.is_file() and not os.path.samestat(path.stat(), os.fstat(file.fileno())):
            file.close()
            file = path.open(encoding="utf-8", errors="replace")
        else:
            time.sleep(_POLL_S)

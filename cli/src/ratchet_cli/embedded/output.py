"""The output of an embedded system: on the terminal, and in a file for `ratchet logs`."""

from logging import Formatter, LogRecord, makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ratchet.command_line import printable
from ratchet_cli.embedded.processes import SERVICES

LOG_FILE = Path("logs", "up.log")
_COLORS = dict(
    zip(
        ("valkey", *SERVICES),
        ("red", "yellow", "magenta", "green", "cyan", "bright_blue", "blue"),
        strict=True,
    )
)
_LARGEST, _OLDER = 10 << 20, 2
"""Bytes of a file, and how many older files remain."""


class _QuietFile(RotatingFileHandler):
    """A full disk stops no process, and the terminal has the lines."""

    def handleError(self, record: LogRecord) -> None:
        pass


class Output:
    """Prints a line with the name of its process; the file is created at the first one."""

    def __init__(self, console: Console, data_dir: Path) -> None:
        self._console = console
        self._path = data_dir / LOG_FILE
        self._file: _QuietFile | None = None

    def __call__(self, name: str, line: str) -> None:
        text = printable(line)
        self._console.print(Text(f"{name:>8} | ", style=_COLORS[name]) + Text(text), soft_wrap=True)
        self._write(f"{name:>8} | {text}")

    def _write(self, text: str) -> None:
        try:
            if self._file is None:
                self._path.parent.mkdir(exist_ok=True)
                self._file = _QuietFile(self._path, maxBytes=_LARGEST, backupCount=_OLDER)
                self._file.setFormatter(Formatter("%(message)s"))
        except OSError:
            return
        self._file.emit(makeLogRecord({"msg": text}))

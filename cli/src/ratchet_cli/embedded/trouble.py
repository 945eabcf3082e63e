"""Why a process of the embedded system is away, from its output, with the remedy."""

import json
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

_SEE_OUTPUT = "see its messages in the output of `ratchet up`, which starts it again by itself"
_VALKEY = (
    (
        "reading the append only file|AOF MANIFEST|AOF manifest|[Cc]orrupt|RDB",
        "its append-only file is damaged: put the file back as it was, or restore the newest "
        "backup with `ratchet restore`",
    ),
    ("No space left|MISCONF", "make room on the disk of the data directory"),
    ("Permission denied|Read-only", "let this user read and write the data directory"),
    ("Address already in use", "end the other program, or pass another --port"),
    ("Out [Oo]f [Mm]emory|Can't allocate", "give the machine more memory"),
)
_VALKEY_LINE = re.compile(r"^\d+:[A-Z] .*? [#*.-] (?P<text>.*)$")
_WARNING = "WARNING"


@dataclass(frozen=True)
class Trouble:
    """`remedy` is empty if `problem` ends with it."""

    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}" if self.remedy else self.problem


class LastLines:
    """The last output of a process, where its reason is."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=6)
        self._critical: str | None = None

    def add(self, line: str) -> None:
        """A line of a service is JSON, one of Valkey or of an interpreter that dies is not."""
        if message := _message(line, "CRITICAL"):
            self._critical = message
        if line.strip():
            self._lines.append(line)

    def trouble(self, name: str, status: int) -> Trouble:
        """Why the process ended with `status`."""
        ended = f"ended with status {status}"
        if name == "valkey":
            return _of_valkey(ended, self._lines)
        if self._critical is not None:
            return Trouble(f"{ended}: {self._critical}")
        plain = [line for line in self._lines if _message(line) is None][-2:]
        logged = [message for line in self._lines if (message := _message(line))][-1:]
        return Trouble(": ".join([ended, *(plain or logged)]), _SEE_OUTPUT)


def _of_valkey(ended: str, lines: Iterable[str]) -> Trouble:
    texts = [match["text"] if (match := _VALKEY_LINE.match(line)) else line for line in lines]
    said = [text.strip(" *") for text in texts if text.strip(" *") and _WARNING not in text]
    reason = ": ".join(said[-2:]) if said else ""
    problem = f"{ended}: {reason}" if reason else ended
    return Trouble(problem, valkey_remedy(reason))


def valkey_remedy(reason: str) -> str:
    """What to do about `reason` in Valkey's own words."""
    return next((remedy for form, remedy in _VALKEY if re.search(form, reason)), _SEE_OUTPUT)


def _message(line: str, level: str | None = None) -> str | None:
    """The message of a JSON log line of `level`."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or (level is not None and record.get("level") != level):
        return None
    message = record.get("message")
    return message.strip().rpartition("\n")[2] if isinstance(message, str) else None

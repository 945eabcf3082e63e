"""The lines of a spool file, and what a process that was killed left in them.

A line is `open ID`, `call ID JSON` or `lost ID REASON`; one without a line break was cut by a kill.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.domain.json_values import count_in, json_object, object_in

LossReason = Literal["killed", "spool_full", "disk", "too_large", "encoding", "error"]
LOSS_REASONS: tuple[LossReason, ...] = (
    "killed", "spool_full", "disk", "too_large", "encoding", "error",
)  # fmt: skip


def open_line(call_id: str) -> bytes:
    return b"open %s\n" % call_id.encode()


def call_line(call_id: str, record: bytes) -> bytes:
    """`record` is JSON, which has no line break."""
    return b"call %s %s\n" % (call_id.encode(), record)


def lost_line(call_id: str, reason: LossReason) -> bytes:
    return b"lost %s %s\n" % (call_id.encode(), reason.encode())


def record_in(line: bytes) -> bytes | None:
    """The JSON in the line of a call; None of another line."""
    kind, _, rest = line.partition(b" ")
    return rest.partition(b" ")[2].rstrip(b"\n") if kind == b"call" else None


@dataclass
class LeftLines:
    """Calls that were opened, and those of them that ended with a record or a counted loss."""

    opened: set[bytes] = field(default_factory=set)
    recorded: set[bytes] = field(default_factory=set)
    lost: dict[bytes, str] = field(default_factory=dict)

    def add(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            if not line.endswith(b"\n"):
                continue
            kind, _, rest = line.partition(b" ")
            call_id, _, what = rest.rstrip(b"\n").partition(b" ")
            if kind == b"open":
                self.opened.add(call_id)
            elif kind == b"call":
                self.recorded.add(call_id)
            elif kind == b"lost":
                self.lost[call_id] = what.decode("ascii", "replace")

    def losses(self) -> Counter[str]:
        """Lost calls by reason; one that did not end was in progress when the process ended."""
        counts = Counter(self.lost.values())
        killed = len(self.opened - self.recorded - self.lost.keys())
        return counts + Counter(killed=killed)


def loss_line(losses: Mapping[str, int], counted: int) -> bytes:
    """A line of the file of losses; `counted` is the last segment that is part of them."""
    return json.dumps({"counted": counted, "lost": losses}).encode() + b"\n"


@dataclass
class LossCount:
    """The sum of the lines of the file of losses."""

    counted: int = 0
    lost: Counter[str] = field(default_factory=Counter)

    def add(self, content: bytes) -> None:
        """A line that cannot be read, such as one cut by a kill, is left out."""
        for line in content.splitlines():
            fields = json_object(line) or {}
            self.counted = max(self.counted, count_in(fields, "counted") or 0)
            lost = object_in(fields, "lost")
            self.lost.update({reason: count_in(lost, reason) or 0 for reason in lost})

"""How long, and how many, entries stay on a stream after they are archived."""

from typing import NamedTuple

from pydantic import Field

from ratchet.contract import Value

_DAY_MS = 86_400_000


class StreamLimits(NamedTuple):
    """How many entries a stream keeps after they are archived, and about how many fill a file."""

    entries: int
    file_rows: int


class StreamRetention(Value):
    """A whole UTC day leaves the stream once it is `days` old; `by_stream` sets exceptions.

    A stream with more than `max_entries` entries or `max_bytes` loses its oldest whole files
    earlier. While Redis uses more than `memory_share` of its memory, every whole file goes. A file
    holds at most `file_rows` entries and ends with the one that fills `file_bytes`.
    """

    days: float = Field(default=7.0, ge=0)
    by_stream: dict[str, float] = Field(default_factory=dict)
    max_entries: int = Field(default=200_000, ge=1)
    file_rows: int = Field(default=20_000, ge=1)
    file_bytes: int = Field(default=16 << 20, ge=1)
    max_bytes: int = Field(default=256 << 20, ge=1)
    memory_share: float = Field(default=0.6, gt=0, le=1)

    def cut_ms(self, stream: str, now_ms: int) -> int:
        """Entries before this time, in milliseconds since 1970, are past their retention."""
        return now_ms - int(self.by_stream.get(stream, self.days) * _DAY_MS)

    def limits(self, length: int, size: int, short: bool) -> StreamLimits:
        """The limits of a stream of `length` entries that takes `size` bytes.

        `short` states that Redis is short of memory.
        """
        most, rows = self.max_entries, self.file_rows
        if length and size:
            most = min(most, self.max_bytes * length // size)
            rows = max(1, min(rows, self.file_bytes * length // size))
        return StreamLimits(0 if short else most, rows)

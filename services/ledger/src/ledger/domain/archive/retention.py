"""How long, and how many, entries stay on a stream after they are archived."""

from pydantic import Field

from ratchet.contract import Value

_DAY_MS = 86_400_000


class StreamRetention(Value):
    """A whole UTC day leaves the stream once it is `days` old; `by_stream` sets exceptions.

    A stream with more than `max_entries` entries loses its oldest whole files earlier. A file
    holds at most `file_rows` entries and ends with the one that fills `file_bytes`.
    """

    days: float = Field(default=7.0, ge=0)
    by_stream: dict[str, float] = Field(default_factory=dict)
    max_entries: int = Field(default=200_000, ge=1)
    file_rows: int = Field(default=20_000, ge=1)
    file_bytes: int = Field(default=64 << 20, ge=1)

    def cut_ms(self, stream: str, now_ms: int) -> int:
        """Entries before this time, in milliseconds since 1970, are past their retention."""
        return now_ms - int(self.by_stream.get(stream, self.days) * _DAY_MS)

"""How long, and how many, events stay on their stream before they live in the archive alone."""

from pydantic import Field

from ratchet.contract import Value

_DAY_MS = 86_400_000


class StreamRetention(Value):
    """A whole UTC day leaves once it is `days` old (`by_stream` names exceptions).

    A stream with more than `max_entries` gives up its oldest whole files earlier. A file holds
    at most `file_rows` entries and ends with the one that brings it to `file_bytes`.
    """

    days: float = Field(default=7.0, ge=0)
    by_stream: dict[str, float] = Field(default_factory=dict)
    max_entries: int = Field(default=200_000, ge=1)
    file_rows: int = Field(default=20_000, ge=1)
    file_bytes: int = Field(default=64 << 20, ge=1)

    def cut_ms(self, stream: str, now_ms: int) -> int:
        """What was taken before this moment is older than the stream retains."""
        return now_ms - int(self.by_stream.get(stream, self.days) * _DAY_MS)

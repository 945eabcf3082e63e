"""Registered versions that the server lacks, and why."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ServerLag:
    """`missing` will be registered; `refused` will not, by version with the reason.

    `trouble` is the error that ended the last attempt, `wait_s` the wait before the next one. The
    field names are those of `/status`.
    """

    missing: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None
    wait_s: float = 0.0

"""What a server does not have of the registered versions, and why."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lag:
    """`missing` are on their way; `refused` never get there, by version with the reason.

    `trouble` is what the last try broke off with, `wait_s` how long the next one waits.
    """

    missing: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None
    wait_s: float = 0.0

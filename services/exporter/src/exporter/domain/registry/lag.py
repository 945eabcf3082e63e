"""What a server lacks: registered versions, or the active one."""

from dataclasses import dataclass, field

from ratchet.contract import ServedParity, Value


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


class AliasServerState(Value):
    """Which version the server of the alias answers as, None while that is unknown.

    `problem` is why it does not answer as the active version, with the remedy; the next attempt
    follows after `wait_s`. `parity` is that of its last answers. The field names are those of
    `/status`.
    """

    version: str | None = None
    problem: str | None = None
    wait_s: float = 0.0
    parity: ServedParity | None = None

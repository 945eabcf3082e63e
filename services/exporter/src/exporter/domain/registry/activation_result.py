"""What became of a command, for those who wait for it."""

from typing import Literal

from pydantic import AwareDatetime

from exporter.domain.registry.alias_history import Move
from ratchet.contract import RegistryKind, Value

Verb = Literal["activate", "rollback"]


class Refusal(Value):
    """Nothing moves; `reason` says why and what to do."""

    version: str | None
    reason: str


class Settled(Value):
    """`later` is tried again; `reason` says why it was refused or has to wait.

    `checked_s` is how long hashing and asking took, `moved_s` how long the aliases took to move.
    """

    event_id: str
    command: Verb
    requested_by: str
    at: AwareDatetime
    outcome: Literal["moved", "refused", "later"]
    version: str | None = None
    previous: str | None = None
    reason: str = ""
    registries: tuple[RegistryKind, ...] = ()
    checked_s: float = 0.0
    moved_s: float = 0.0


Decision = Move | Refusal

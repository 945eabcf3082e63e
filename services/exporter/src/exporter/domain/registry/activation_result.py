"""The result of a command to activate or roll back, as `/status` shows it."""

from typing import Literal

from pydantic import AwareDatetime

from exporter.domain.registry.alias_history import Move
from ratchet.contract import RegistryKind, Value

CommandName = Literal["activate", "rollback"]


class ActivationRefusal(Value):
    """Nothing moves; `reason` includes the remedy."""

    version: str | None
    reason: str


class ActivationResult(Value):
    """`later` is retried; `reason` is why it was refused or has to wait.

    `checked_s` is the time for hashing and requests to the server, `moved_s` that for moving the
    aliases.
    """

    event_id: str
    command: CommandName
    requested_by: str
    at: AwareDatetime
    outcome: Literal["moved", "refused", "later"]
    version: str | None = None
    previous: str | None = None
    reason: str = ""
    registries: tuple[RegistryKind, ...] = ()
    checked_s: float = 0.0
    moved_s: float = 0.0


ActivationDecision = Move | ActivationRefusal

"""The moves of the alias: their history, where a rollback leads, and the results of commands."""

from collections.abc import Collection, Sequence
from typing import Literal, TypeVar

from pydantic import AwareDatetime

from ratchet.contract import RegistryKind, Value

CommandName = Literal["activate", "rollback"]


class Move(Value):
    """`version` became active in place of `previous`; they are equal if it was active already.

    `cause` is the event id of the checkpoint or the command. `back` marks a rollback.
    """

    cause: str
    at: AwareDatetime
    version: str
    previous: str | None
    back: bool = False


class ActivationRefusal(Value):
    """Nothing moves; `cause` is the event id of the command, `reason` includes the remedy."""

    cause: str
    at: AwareDatetime
    version: str | None
    reason: str


ActivationDecision = Move | ActivationRefusal
Decided = TypeVar("Decided", Move, ActivationRefusal)


def made_for(event_id: str, decisions: Sequence[Decided]) -> Decided | None:
    """The decision that an earlier delivery of this event led to."""
    return next((decision for decision in decisions if decision.cause == event_id), None)


def newest(moves: Sequence[Move]) -> str | None:
    """The latest version that was ever active, rolled back or not."""
    return max((move.version for move in moves), default=None)


def way_back(moves: Sequence[Move], registered: Collection[str]) -> str | None:
    """The version a rollback leads to: the last one active before the active one.

    A second rollback leads one version further back, not forward again: an operator who rolls
    back twice wants neither version. A version that was rolled back becomes active again only by
    name. None if no earlier version is still registered.
    """
    trail: list[str] = []
    for move in moves:
        if move.back:
            while trail and trail[-1] != move.version:
                trail.pop()
        if trail[-1:] != [move.version]:
            trail.append(move.version)
    before = (version for version in reversed(trail[:-1]) if version != trail[-1])
    return next((version for version in before if version in registered), None)


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

"""Where the alias has been, move by move, and which way leads back."""

from collections.abc import Collection, Sequence

from pydantic import AwareDatetime

from ratchet.contract import Value


class Move(Value):
    """`version` became active in place of `previous`: the same one where it was active already.

    `cause` is the event id of the checkpoint or the command that asked for it. `back` marks a
    rollback.
    """

    cause: str
    at: AwareDatetime
    version: str
    previous: str | None
    back: bool = False


def made_for(event_id: str, moves: Sequence[Move]) -> Move | None:
    """The move that was made for this event, if it was handled before."""
    return next((move for move in moves if move.cause == event_id), None)


def newest(moves: Sequence[Move]) -> str | None:
    """The latest version that was ever active, rolled back or not."""
    return max((move.version for move in moves), default=None)


def way_back(moves: Sequence[Move], registered: Collection[str]) -> str | None:
    """The version a rollback leads to: the last one active before the active one.

    A second rollback leads one further back and not forth again: who asks for it found the
    version in between wanting too. What was rolled back returns only by name. None where no
    registered version is left on the way.
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

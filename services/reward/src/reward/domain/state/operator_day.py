"""One operator's answered questions of one UTC day, in order: who came next, and how many."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from ratchet.contract import Value
from reward.domain.state.clock import DAY

MAX_ENTRIES = 1_000


class Turn(NamedTuple):
    """One answered question; `at` in microseconds."""

    at: int
    query_id: str


class OperatorDay(Value):
    """The turns of a day in order, at most `MAX_ENTRIES`: the earliest stay."""

    turns: tuple[Turn, ...] = ()

    def with_turn(self, turn: Turn) -> "OperatorDay":
        if turn in self.turns:
            return self
        return OperatorDay(turns=tuple(sorted((*self.turns, turn))[:MAX_ENTRIES]))

    def beyond(self, quota: int) -> Turn | None:
        """The first turn past the quota, which the newest turn may just have pushed there."""
        return self.turns[quota] if len(self.turns) > quota else None


class Neighbours(NamedTuple):
    """The turns right before and after one, where they lie within the window."""

    before: Turn | None
    after: Turn | None


def days_around(at: int, window: int) -> tuple[int, ...]:
    """The numbers of the UTC days that a turn at `at` and its neighbours may lie in."""
    return tuple(sorted({(at - window) // DAY, at // DAY, (at + window) // DAY}))


def neighbours(days: Iterable[OperatorDay], turn: Turn, window: int) -> Neighbours:
    """Look around `turn`, which need not be in `days` itself."""
    turns = sorted(other for day in days for other in day.turns if other != turn)
    place = bisect_left(turns, turn)
    before = turns[place - 1] if place and turn.at - turns[place - 1].at <= window else None
    after = turns[place] if place < len(turns) and turns[place].at - turn.at <= window else None
    return Neighbours(before, after)

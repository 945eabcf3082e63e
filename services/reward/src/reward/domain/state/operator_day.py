"""One operator's answered questions of one UTC day, in order."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from ratchet.contract import Value
from reward.domain.answers.durations import DAY

MAX_ENTRIES = 1_000


class DayKey(NamedTuple):
    """An operator's UTC day, counted from 1970."""

    user_id: str
    day: int


class OperatorTurn(NamedTuple):
    """One answered question; `at` in microseconds."""

    at: int
    query_id: str


class OperatorDay(Value):
    """The turns of a day in order, at most `MAX_ENTRIES`: the earliest are stored."""

    turns: tuple[OperatorTurn, ...] = ()

    def with_turn(self, turn: OperatorTurn, most: int = MAX_ENTRIES) -> "OperatorDay":
        if turn in self.turns:
            return self
        return OperatorDay(turns=tuple(sorted((*self.turns, turn))[:most]))

    def beyond(self, quota: int) -> OperatorTurn | None:
        """The first turn past the quota; the newest turn may just have moved it there."""
        return self.turns[quota] if len(self.turns) > quota else None


class AdjacentTurns(NamedTuple):
    """The turns right before and after one, where they are within the window."""

    before: OperatorTurn | None
    after: OperatorTurn | None


ALONE = AdjacentTurns(None, None)


def days_around(at: int, window: int) -> tuple[int, ...]:
    """The numbers of the UTC days of a turn at `at` and of any turn within the window."""
    return tuple(sorted({(at - window) // DAY, at // DAY, (at + window) // DAY}))


def adjacent_turns(days: Iterable[OperatorDay], turn: OperatorTurn, window: int) -> AdjacentTurns:
    """The neighbors of `turn`, which need not be in `days` itself."""
    turns = sorted(other for day in days for other in day.turns if other != turn)
    index = bisect_left(turns, turn)
    before = turns[index - 1] if index and turn.at - turns[index - 1].at <= window else None
    after = turns[index] if index < len(turns) and turns[index].at - turn.at <= window else None
    return AdjacentTurns(before, after)

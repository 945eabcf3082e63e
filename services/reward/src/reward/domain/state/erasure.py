"""What taking answers out does to their operators' others: as if they had never been asked."""

from collections.abc import Iterator, Set

from reward.domain.follow_up.classifier import read_follow_up
from reward.domain.state.batch import Book, DayKey, Judged, request_between
from reward.domain.state.clock import DAY
from reward.domain.state.operator_day import OperatorDay, Turn, days_around, neighbours
from reward.domain.state.scored_answer import Answered


def leave(book: Book, query_ids: Set[str]) -> Iterator[Judged]:
    """Take `query_ids` out of `book`; yields every other answer that gets a new verdict by it.

    The book holds them, the days around them and the answers of those days.
    """
    gone = [key for key in book.answers if key in query_ids]
    for query_id in gone:
        del book.answers[query_id]
    changed = [key for key, day in book.days.items() if _of(day, query_ids)]
    for key in changed:
        turns = tuple(turn for turn in book.days[key].turns if turn.query_id not in query_ids)
        book.days[key] = OperatorDay(turns=turns)
    for key in sorted(book.days):
        for turn in book.days[key].turns:
            before = book.answers.get(turn.query_id)
            if before is not None:
                around = _around(book, key, turn)
                yield from book.settle(turn.query_id, before, before.facts, around)


def days_of_answers(answers: Iterator[Answered] | list[Answered], window: int) -> set[DayKey]:
    """The days that `leave` looks at for these answers."""
    return {
        DayKey(answer.user_id, number)
        for answered in answers
        if (answer := answered.facts.answer) is not None and answer.user_id
        for number in days_around(answer.at, window)
    }


def _of(day: OperatorDay, query_ids: Set[str]) -> bool:
    return any(turn.query_id in query_ids for turn in day.turns)


def _around(book: Book, key: DayKey, turn: Turn) -> dict[str, object]:
    """All that the turns left around `turn` tell about it."""
    window = book.policy.follow_up_window
    days = [
        book.days.get(DayKey(key.user_id, number), OperatorDay())
        for number in days_around(turn.at, window)
    ]
    found = neighbours(days, turn, window)
    own = book.answer_at(turn)
    around: dict[str, object] = {"follow_up": None, "request": None}
    quota = book.policy.pairing.max_answers_per_user_per_day
    around["teaches"] = turn in book.days[DayKey(key.user_id, turn.at // DAY)].turns[:quota]
    before, after = book.answer_at(found.before), book.answer_at(found.after)
    if own is not None and before is not None:
        kind = read_follow_up(before.transcript, own.transcript).kind
        around["request"] = request_between(before, own, kind)
    if own is not None and after is not None:
        around["follow_up"] = read_follow_up(own.transcript, after.transcript).kind
    return around

"""Removes answers, with their effect on the operators' adjacent ones."""

from collections.abc import Iterable, Iterator, Set

from reward.domain.answers.durations import DAY
from reward.domain.state.batch_state import (
    AnswerChange,
    BatchState,
    ContextChange,
)
from reward.domain.state.operator_day import (
    ALONE,
    DayKey,
    OperatorDay,
    OperatorTurn,
    adjacent_turns,
    days_around,
)
from reward.domain.state.scored_answer import ScoredAnswer


def remove_answers(state: BatchState, query_ids: Set[str]) -> Iterator[AnswerChange]:
    """Remove `query_ids`; yields every other answer that gets a new revision.

    The result is as if they had never been asked. `state` holds them, the days around them and
    the answers of those days.
    """
    for query_id in state.answers.keys() & query_ids:
        del state.answers[query_id]
    for key, day in state.days.items():
        turns = tuple(turn for turn in day.turns if turn.query_id not in query_ids)
        if len(turns) < len(day.turns):
            state.days[key] = OperatorDay(turns=turns)
    for key in sorted(state.days):
        for turn in state.days[key].turns:
            before = state.answers.get(turn.query_id)
            if before is not None:
                context = _context(state, key, turn)
                yield from state.update(turn.query_id, before, before.facts, context)


def days_of_answers(answers: Iterable[ScoredAnswer], window: int) -> set[DayKey]:
    """The days that `remove_answers` needs for these answers."""
    return {
        DayKey(answer.user_id, number)
        for scored in answers
        if (answer := scored.facts.answer) is not None
        for number in days_around(answer.at, window)
    }


def _context(state: BatchState, key: DayKey, turn: OperatorTurn) -> ContextChange:
    """The whole context of `turn`, from the turns that remain."""
    days = state.days_around(key.user_id, turn.at)
    window = state.policy.follow_up_window
    rules = state.policy.pairing
    adjacent = adjacent_turns(days, turn, window) if rules.is_person(key.user_id) else ALONE
    quota = rules.per_day(key.user_id)
    context: ContextChange = {
        "follow_up": None,
        "follow_up_reason": "",
        "request": None,
        "teaches": turn in state.days[DayKey(key.user_id, turn.at // DAY)].turns[:quota],
    }
    own = state.answer_at(turn)
    before, after = state.answer_at(adjacent.before), state.answer_at(adjacent.after)
    if own is not None and before is not None:
        context["request"] = state.follow_up_between(before, own).request
    if own is not None and after is not None:
        reading = state.follow_up_between(own, after)
        context |= {"follow_up": reading.kind, "follow_up_reason": reading.reason}
    return context

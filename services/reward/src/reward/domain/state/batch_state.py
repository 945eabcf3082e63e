"""The effect of a batch of facts on its answers and on the operators' adjacent ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ratchet.contract import EntryId, ExperienceRecorded, microseconds
from reward.domain.answers.durations import DAY
from reward.domain.answers.recorded_answer import RecordedAnswer, operator_of
from reward.domain.answers.warnings import RewardWarning
from reward.domain.follow_up.reading import FollowUpReading, LanguageOf, read_follow_up
from reward.domain.state.answer_facts import AnswerFacts, Fact, add_fact, query_id_of
from reward.domain.state.operator_day import (
    ALONE,
    AdjacentTurns,
    DayKey,
    OperatorDay,
    OperatorTurn,
    adjacent_turns,
    days_around,
)
from reward.domain.state.policy import RewardPolicy
from reward.domain.state.scored_answer import ScoredAnswer, ScoreRevision, revise

ContextChange = dict[str, object]
"""New values of fields of a `QuestionContext`, by name."""


class TurnPosition(NamedTuple):
    """Where a new turn is among its operator's others.

    `pushed_out` is the `query_id` of the turn that no longer fits the day's quota.
    """

    adjacent: AdjacentTurns
    teaches: bool
    pushed_out: str | None


class AnswerChange(NamedTuple):
    """A change of one answer: a new revision or None, and the warnings that are new."""

    query_id: str
    revision: ScoreRevision | None
    new_warnings: frozenset[RewardWarning]


@dataclass
class BatchState:
    """The answers and days that a batch needs, after each of its facts so far.

    New revisions exceed `floor`.
    """

    policy: RewardPolicy
    language_of: LanguageOf
    floor: int = 0
    answers: dict[str, ScoredAnswer] = field(default_factory=dict)
    days: dict[DayKey, OperatorDay] = field(default_factory=dict)

    def first_arrivals(self, batch: Iterable[tuple[Fact, EntryId]]) -> dict[str, EntryId]:
        """When the answer of each experience in `batch` arrived, here or before, by query id."""
        first: dict[str, EntryId] = {}
        for fact, arrived in batch:
            if isinstance(fact, ExperienceRecorded):
                query_id = fact.experience.query_id
                known = self.answers.get(query_id)
                if known is not None and known.facts.answer is not None:
                    first.setdefault(query_id, known.facts.arrived)
                first[query_id] = min(arrived, first.get(query_id, arrived))
        return first

    def add_turn(self, fact: Fact) -> TurnPosition | None:
        """Add an experience to its operator's day; None for feedback.

        Answers without an operator's name share one day, as those of a shared name do; in such a
        day none follows another.
        """
        if not isinstance(fact, ExperienceRecorded):
            return None
        user_id, window = operator_of(fact.experience), self.policy.follow_up_window
        turn = OperatorTurn(microseconds(fact.experience.timestamp), fact.experience.query_id)
        key = DayKey(user_id, turn.at // DAY)
        before = self.days.get(key, OperatorDay())
        quota = self.policy.pairing.per_day(user_id)
        person = self.policy.pairing.is_person(user_id)
        day = before.with_turn(turn) if person else before.with_turn(turn, quota + 1)
        self.days[key] = day
        beyond = day.beyond(quota) if day != before else None
        return TurnPosition(
            adjacent_turns(self.days_around(user_id, turn.at), turn, window) if person else ALONE,
            turn in day.turns[:quota],
            beyond.query_id if beyond is not None and beyond != turn else None,
        )

    def add(
        self, fact: Fact, arrived: EntryId, position: TurnPosition | None
    ) -> Iterator[AnswerChange]:
        """Add one fact; yields each answer that gets a new revision or warning."""
        query_id = query_id_of(fact)
        known = self.answers.get(query_id) or ScoredAnswer()
        facts = add_fact(known.facts, fact, arrived, self.policy.window)
        contexts: dict[str, ContextChange] = {query_id: {}}
        if position is not None and facts.answer is not None:
            contexts |= self._contexts(facts.answer, position)
        for changed_id, context in contexts.items():
            before = self.answers.get(changed_id) or ScoredAnswer()
            after_facts = facts if changed_id == query_id else before.facts
            yield from self.update(changed_id, before, after_facts, context)

    def update(
        self, query_id: str, before: ScoredAnswer, facts: AnswerFacts, change: ContextChange
    ) -> Iterator[AnswerChange]:
        """Store `query_id` with its new `facts` and context, scored again if they differ."""
        context = before.context.model_copy(update=change) if change else before.context
        if facts is before.facts and context == before.context:
            return
        after, revision = revise(before, facts, context, self.policy, self.floor)
        new = frozenset(after.warnings) - frozenset(before.warnings)
        self.answers[query_id] = after
        if revision is not None or new:
            yield AnswerChange(query_id, revision, new)

    def answer_at(self, turn: OperatorTurn | None) -> RecordedAnswer | None:
        known = self.answers.get(turn.query_id) if turn is not None else None
        return known.facts.answer if known is not None else None

    def days_around(self, user_id: str, at: int) -> list[OperatorDay]:
        """The operator's days within the follow-up window around `at`."""
        numbers = days_around(at, self.policy.follow_up_window)
        return [self.days.get(DayKey(user_id, number), OperatorDay()) for number in numbers]

    def follow_up_between(
        self, previous: RecordedAnswer, following: RecordedAnswer
    ) -> FollowUpReading:
        return read_follow_up(previous.transcript, following.transcript, self.language_of)

    def _contexts(self, answer: RecordedAnswer, position: TurnPosition) -> dict[str, ContextChange]:
        """What the new turn changes in its own context and in the adjacent ones, by query id."""
        before, after = position.adjacent
        own: ContextChange = {"teaches": position.teaches}
        changes = {answer.query_id: own}
        previous = self.answer_at(before)
        if before is not None and previous is not None:
            reading = self.follow_up_between(previous, answer)
            own["request"] = reading.request
            changes[before.query_id] = _followed_by(reading)
        following = self.answer_at(after)
        if after is not None and following is not None:
            reading = self.follow_up_between(answer, following)
            own |= _followed_by(reading)
            changes[after.query_id] = {"request": reading.request}
        if position.pushed_out is not None:
            changes.setdefault(position.pushed_out, {})["teaches"] = False
        return changes


def _followed_by(reading: FollowUpReading) -> ContextChange:
    return {"follow_up": reading.kind, "follow_up_reason": reading.reason}


def days_of(facts: Iterable[Fact], policy: RewardPolicy) -> set[DayKey]:
    """The days that `add_turn` reads for these facts."""
    return {
        DayKey(operator_of(fact.experience), number)
        for fact in facts
        if isinstance(fact, ExperienceRecorded)
        for number in days_around(microseconds(fact.experience.timestamp), policy.follow_up_window)
    }


def affected_by(positions: Iterable[TurnPosition | None]) -> set[str]:
    """The answers, other than the facts' own, that adding the facts may change."""
    return {
        query_id
        for position in positions
        if position is not None
        for query_id in (
            *(turn.query_id for turn in position.adjacent if turn is not None),
            position.pushed_out,
        )
        if query_id is not None
    }

"""The facts about one answered question: a fold over events that arrive in any order."""

from collections.abc import Mapping, Set
from typing import Any, NamedTuple

from pydantic import Field

from ratchet.contract import (
    ExperienceRecorded,
    FeedbackReceived,
    Stamp,
    Statement,
    latest,
    microseconds,
)
from reward.domain.answers.reaction import AnswerReaction, reaction_to, statements_of
from reward.domain.answers.recorded_answer import RecordedAnswer, recorded_answer
from reward.domain.answers.stored_value import StoredValue
from reward.domain.answers.warnings import RewardWarning

Fact = ExperienceRecorded | FeedbackReceived
MAX_EARLY = 20


class EarlyReaction(NamedTuple):
    """A reaction that waits for its experience: one value per topic."""

    stamp: Stamp
    values: dict[str, Any]


class AnswerFacts(StoredValue):
    """`answer` is None until it is recorded; `statements` holds the latest one per topic."""

    answer: RecordedAnswer | None = None
    recorded: Stamp | None = None
    statements: dict[str, Statement] = Field(default_factory=dict, alias="said")
    early: tuple[EarlyReaction, ...] = ()
    warnings: tuple[RewardWarning, ...] = Field(default=(), alias="oddities")

    @property
    def reaction(self) -> AnswerReaction:
        """Every statement within the window."""
        return AnswerReaction.model_validate(self._values)

    @property
    def substance(self) -> tuple[Stamp | None, dict[str, Any]]:
        """What a reward depends on: equal substance, equal reward."""
        return self.recorded, self._values

    @property
    def _values(self) -> dict[str, Any]:
        return reaction_to(self.statements)


def query_id_of(fact: Fact) -> str:
    if isinstance(fact, ExperienceRecorded):
        return fact.experience.query_id
    return fact.feedback.query_id


def add_fact(facts: AnswerFacts, fact: Fact, window: int) -> AnswerFacts:
    """Add one fact; any order and repetition of the same facts has the same result.

    Feedback more than `window` microseconds after the experience was recorded adds a warning
    and changes nothing else.
    """
    stamp = Stamp(microseconds(fact.occurred_at), fact.event_id)
    if isinstance(fact, ExperienceRecorded):
        return _record(facts, fact, stamp, window)
    reaction = EarlyReaction(stamp, statements_of(fact.feedback, fact.may_teach))
    if facts.recorded is None:
        return _wait(facts, reaction)
    return _react(facts, reaction, facts.recorded, window)


def without_statements(facts: AnswerFacts, event_ids: Set[str]) -> AnswerFacts:
    """`facts` without what these events stated; the statements that they replaced are lost."""
    statements = {
        topic: statement
        for topic, statement in facts.statements.items()
        if statement.stamp.event_id not in event_ids
    }
    early = tuple(each for each in facts.early if each.stamp.event_id not in event_ids)
    return facts.model_copy(update={"statements": statements, "early": early})


def _record(facts: AnswerFacts, fact: ExperienceRecorded, stamp: Stamp, window: int) -> AnswerFacts:
    newer = facts.recorded is None or stamp > facts.recorded
    answer = recorded_answer(fact.experience) if newer else facts.answer
    recorded = stamp if newer else facts.recorded
    assert recorded is not None
    stated = statements_of(fact.experience, fact.may_teach)
    after = facts.model_copy(
        update={
            "answer": answer,
            "recorded": recorded,
            "statements": _merged(facts.statements, stamp, stated),
            "early": (),
        }
    )
    for early in facts.early:
        after = _react(after, early, recorded, window)
    return after


def _react(
    facts: AnswerFacts, reaction: EarlyReaction, recorded: Stamp, window: int
) -> AnswerFacts:
    if reaction.stamp.at > recorded.at + window:
        return _warned(facts, RewardWarning.LATE_FEEDBACK)
    statements = _merged(facts.statements, reaction.stamp, reaction.values)
    return facts.model_copy(update={"statements": statements})


def _wait(facts: AnswerFacts, reaction: EarlyReaction) -> AnswerFacts:
    # The earliest by stamp, not the first to arrive: the result must not depend on the order of
    # delivery, and later reactions are the more likely ones to be outside the window.
    waiting = {early.stamp: early for early in (*facts.early, reaction)}
    stored = tuple(waiting[stamp] for stamp in sorted(waiting)[:MAX_EARLY])
    after = facts.model_copy(update={"early": stored})
    return _warned(after, RewardWarning.EARLY_OVERFLOW) if len(waiting) > MAX_EARLY else after


def _merged(
    known: dict[str, Statement], stamp: Stamp, values: Mapping[str, Any]
) -> dict[str, Statement]:
    return latest(known, ((topic, Statement(stamp, value)) for topic, value in values.items()))


def _warned(facts: AnswerFacts, warning: RewardWarning) -> AnswerFacts:
    return facts.model_copy(update={"warnings": tuple(sorted({*facts.warnings, warning}))})

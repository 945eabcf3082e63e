"""The facts about one answered question: a fold over events that arrive in any order."""

from collections.abc import Mapping, Set
from typing import Any, NamedTuple

from pydantic import Field

from ratchet.contract import (
    BEGINNING,
    Aspect,
    ChatMessage,
    EntryId,
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
from reward.domain.calls.joining import ServedPrompt
from reward.domain.state.answer_versions import AnswerVersion, with_version

Fact = ExperienceRecorded | FeedbackReceived
MAX_EARLY = 20


class EarlyReaction(NamedTuple):
    """A reaction that waits for its experience: one value per topic."""

    stamp: Stamp
    values: dict[str, Any]


class AnswerFacts(StoredValue):
    """The answer that arrived first, which no later one replaces, and the reactions to it.

    `answer` is None until it is recorded; `statements` holds the latest one of feedback per
    topic, `own` those of the answer's experiences. `rivals` are answers of other content under
    the same query id: nothing is made of them unless their entry turns out to be earlier.
    `served` has the prompts that the answer was given to, as far as they are known.
    """

    answer: RecordedAnswer | None = None
    recorded: Stamp | None = None
    arrived: EntryId = BEGINNING
    own: dict[str, Statement] = Field(default_factory=dict)
    rivals: tuple[AnswerVersion, ...] = ()
    statements: dict[str, Statement] = Field(default_factory=dict, alias="said")
    early: tuple[EarlyReaction, ...] = ()
    warnings: tuple[RewardWarning, ...] = Field(default=(), alias="oddities")
    served: dict[Aspect, ServedPrompt] = Field(default_factory=dict)

    @property
    def versions(self) -> tuple[AnswerVersion, ...]:
        """The answer, if it is recorded, then its rivals, as they arrived."""
        if self.answer is None or self.recorded is None:
            return ()
        answer = AnswerVersion(
            arrived=self.arrived, recorded=self.recorded, answer=self.answer, statements=self.own
        )
        return (answer, *self.rivals)

    @property
    def reaction(self) -> AnswerReaction:
        """Every statement within the window."""
        return AnswerReaction.model_validate(self._values)

    @property
    def prompts(self) -> dict[Aspect, ServedPrompt]:
        """The prompts that are known, by the aspect that they requested."""
        return {aspect: one for aspect, one in self.served.items() if one.messages}

    @property
    def messages(self) -> dict[Aspect, tuple[ChatMessage, ...]]:
        """The messages of these prompts."""
        return {aspect: one.messages for aspect, one in self.prompts.items()}

    @property
    def substance(self) -> tuple[object, ...]:
        """What a reward depends on: equal substance, equal reward."""
        prompts = {aspect: (one.call_id, one.messages) for aspect, one in self.prompts.items()}
        return self.recorded, self._values, prompts

    @property
    def _values(self) -> dict[str, Any]:
        return reaction_to(latest(self.statements, self.own.items()))


def query_id_of(fact: Fact) -> str:
    if isinstance(fact, ExperienceRecorded):
        return fact.experience.query_id
    return fact.feedback.query_id


def add_fact(facts: AnswerFacts, fact: Fact, arrived: EntryId, window: int) -> AnswerFacts:
    """Add one fact; any order and repetition of the same facts has the same result.

    `arrived` is the id of its entry. Of experiences, the one that arrived first has the answer;
    others of equal content add what they state, and those of another content add a warning.
    Feedback more than `window` microseconds after the experience was recorded adds a warning
    and changes nothing else.
    """
    stamp = Stamp(microseconds(fact.occurred_at), fact.event_id)
    if isinstance(fact, ExperienceRecorded):
        return _record(facts, fact, stamp, arrived, window)
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


def _record(
    facts: AnswerFacts, fact: ExperienceRecorded, stamp: Stamp, arrived: EntryId, window: int
) -> AnswerFacts:
    said = statements_of(fact.experience, fact.may_teach)
    new = AnswerVersion(
        arrived=arrived,
        recorded=stamp,
        answer=recorded_answer(fact.experience),
        statements={topic: Statement(stamp, value) for topic, value in said.items()},
    )
    first, *rivals = with_version(facts.versions, new)
    same = facts.answer is not None and facts.answer.content == first.answer.content
    after = facts.model_copy(
        update={
            "answer": first.answer,
            "recorded": first.recorded,
            "arrived": first.arrived,
            "own": first.statements,
            "rivals": tuple(rivals),
            "early": (),
            "served": facts.served if same else {},
        }
    )
    for early in facts.early:
        after = _react(after, early, first.recorded, window)
    return _warned(after, RewardWarning.CONFLICT) if rivals else after


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

"""What is known about one answered question: a fold over facts that come in any order."""

from collections.abc import Set
from typing import Any, NamedTuple

from pydantic import Field

from ratchet.contract import ExperienceRecorded, FeedbackReceived, Value, microseconds
from reward.domain.scoring.reaction import Reaction, words_of
from reward.domain.state.answer import Answer, answer_of
from reward.domain.state.warnings import Oddity

Fact = ExperienceRecorded | FeedbackReceived
MAX_EARLY = 20


class Stamp(NamedTuple):
    """When something was said, in microseconds; of two, the later counts, the id breaks a tie."""

    at: int
    event_id: str


class Word(NamedTuple):
    stamp: Stamp
    value: Any


class Early(NamedTuple):
    """A reaction that waits for its experience."""

    stamp: Stamp
    words: dict[str, Any]


class Facts(Value):
    """The fold: `answer` is None until it is recorded; `said` holds the last word per field."""

    answer: Answer | None = None
    recorded: Stamp | None = None
    said: dict[str, Word] = Field(default_factory=dict)
    early: tuple[Early, ...] = ()
    oddities: tuple[Oddity, ...] = ()

    @property
    def reaction(self) -> Reaction:
        """Everything said within the window, the last word of each field."""
        return Reaction.model_validate({field: word.value for field, word in self.said.items()})

    @property
    def substance(self) -> tuple[Stamp | None, dict[str, Any]]:
        """What a reward depends on: equal substance, equal reward."""
        return self.recorded, {field: word.value for field, word in self.said.items()}


def query_id_of(fact: Fact) -> str:
    if isinstance(fact, ExperienceRecorded):
        return fact.experience.query_id
    return fact.feedback.query_id


def absorb(facts: Facts, fact: Fact, window: int) -> Facts:
    """Add one fact; any order and repetition of the same facts ends in the same `Facts`.

    What is said more than `window` microseconds after the experience was recorded is noted
    as late and changes nothing else.
    """
    stamp = Stamp(microseconds(fact.occurred_at), fact.event_id)
    if isinstance(fact, ExperienceRecorded):
        return _record(facts, fact, stamp, window)
    words = words_of(fact.feedback)
    if facts.recorded is None:
        return _wait(facts, Early(stamp, words))
    return _hear(facts, Early(stamp, words), facts.recorded, window)


def unsaid(facts: Facts, event_ids: Set[str]) -> Facts:
    """`facts` without the words of these events; what they had replaced is not known any more."""
    said = {name: word for name, word in facts.said.items() if word.stamp.event_id not in event_ids}
    early = tuple(heard for heard in facts.early if heard.stamp.event_id not in event_ids)
    return facts.model_copy(update={"said": said, "early": early})


def _record(facts: Facts, fact: ExperienceRecorded, stamp: Stamp, window: int) -> Facts:
    newer = facts.recorded is None or stamp > facts.recorded
    answer = answer_of(fact.experience) if newer else facts.answer
    recorded = stamp if newer else facts.recorded
    assert recorded is not None
    said = _merge(facts.said, Early(stamp, words_of(fact.experience)))
    known = facts.model_copy(
        update={"answer": answer, "recorded": recorded, "said": said, "early": ()}
    )
    for early in facts.early:
        known = _hear(known, early, recorded, window)
    return known


def _hear(facts: Facts, heard: Early, recorded: Stamp, window: int) -> Facts:
    if heard.stamp.at > recorded.at + window:
        return _odd(facts, Oddity.LATE_FEEDBACK)
    return facts.model_copy(update={"said": _merge(facts.said, heard)})


def _wait(facts: Facts, heard: Early) -> Facts:
    waiting = {early.stamp: early for early in (*facts.early, heard)}
    kept = tuple(waiting[stamp] for stamp in sorted(waiting)[:MAX_EARLY])
    after = facts.model_copy(update={"early": kept})
    return _odd(after, Oddity.EARLY_OVERFLOW) if len(waiting) > MAX_EARLY else after


def _merge(said: dict[str, Word], heard: Early) -> dict[str, Word]:
    newer = {
        field: Word(heard.stamp, value)
        for field, value in heard.words.items()
        if field not in said or heard.stamp > said[field].stamp
    }
    return {**said, **newer} if newer else said


def _odd(facts: Facts, oddity: Oddity) -> Facts:
    return facts.model_copy(update={"oddities": tuple(sorted({*facts.oddities, oddity}))})

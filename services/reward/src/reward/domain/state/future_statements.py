"""Statements of a clock that was ahead when they were made."""

from collections.abc import Iterable, Mapping

from ratchet.contract import CLOCK_TOLERANCE_S, EntryId, Stamp, Statement
from reward.domain.answers.durations import SECOND
from reward.domain.answers.recorded_answer import RecordedAnswer
from reward.domain.state.answer_facts import AnswerFacts, EarlyReaction
from reward.domain.state.answer_versions import AnswerVersion
from reward.domain.state.scored_answer import ScoredAnswer

_TOLERANCE = int(CLOCK_TOLERANCE_S) * SECOND


def as_of(answer: ScoredAnswer, now: int) -> ScoredAnswer:
    """`answer` at the time `now`, in microseconds since 1970: nothing was stated after it.

    A statement from the future counts as one from shortly before, so that what a person states
    now replaces it.
    """
    facts = answer.facts
    if max(_times(facts)) <= now + _TOLERANCE:
        return answer
    moved = facts.model_copy(
        update={
            "recorded": _moved(facts.recorded, now) if facts.recorded else None,
            "own": _each_moved(facts.own, now),
            "statements": _each_moved(facts.statements, now),
            "rivals": tuple(_version(each, now) for each in facts.rivals),
            "early": tuple(
                EarlyReaction(_moved(each.stamp, now), each.values) for each in facts.early
            ),
            "arrived": _arrived(facts.arrived, now),
            "answer": _answered(facts.answer, now) if facts.answer else None,
        }
    )
    return answer.model_copy(update={"facts": moved})


def _times(facts: AnswerFacts) -> Iterable[int]:
    yield facts.arrived.ms * 1000
    if facts.answer is not None:
        yield facts.answer.at
    if facts.recorded is not None:
        yield facts.recorded.at
    for said in (facts.own, facts.statements, *(each.statements for each in facts.rivals)):
        yield from (statement.stamp.at for statement in said.values())
    for rival in facts.rivals:
        yield from (rival.recorded.at, rival.arrived.ms * 1000)
    yield from (each.stamp.at for each in facts.early)


def _moved(stamp: Stamp, now: int) -> Stamp:
    return stamp if stamp.at <= now + _TOLERANCE else stamp._replace(at=now - _TOLERANCE)


def _arrived(entry_id: EntryId, now: int) -> EntryId:
    ahead = entry_id.ms * 1000 > now + _TOLERANCE
    return EntryId((now - _TOLERANCE) // 1000, 0) if ahead else entry_id


def _answered(answer: RecordedAnswer, now: int) -> RecordedAnswer:
    at = now - _TOLERANCE if answer.at > now + _TOLERANCE else answer.at
    return answer.model_copy(update={"at": at})


def _each_moved(said: Mapping[str, Statement], now: int) -> dict[str, Statement]:
    return {topic: Statement(_moved(each.stamp, now), each.value) for topic, each in said.items()}


def _version(version: AnswerVersion, now: int) -> AnswerVersion:
    return version.model_copy(
        update={
            "recorded": _moved(version.recorded, now),
            "arrived": _arrived(version.arrived, now),
            "answer": _answered(version.answer, now),
            "statements": _each_moved(version.statements, now),
        }
    )

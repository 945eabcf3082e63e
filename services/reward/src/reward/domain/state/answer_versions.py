"""Answers of different content under one query id, of which the one that arrived first counts."""

from pydantic import Field

from ratchet.contract import EntryId, Stamp, Statement, latest
from reward.domain.answers.recorded_answer import RecordedAnswer
from reward.domain.answers.stored_value import StoredValue

MAX_VERSIONS = 3


class AnswerVersion(StoredValue):
    """An answer as experiences of equal content record it, and what they state of it.

    `arrived` and `recorded` are those of the experience that arrived first.
    """

    arrived: EntryId
    recorded: Stamp
    answer: RecordedAnswer
    statements: dict[str, Statement] = Field(default_factory=dict)


def with_version(known: tuple[AnswerVersion, ...], new: AnswerVersion) -> list[AnswerVersion]:
    """The earliest `MAX_VERSIONS`, each once, in the order of their arrival."""
    versions = []
    for version in known:
        if version.answer.content == new.answer.content:
            first = min(version, new, key=_arrival)
            said = latest(version.statements, new.statements.items())
            new = first.model_copy(update={"statements": said})
        else:
            versions.append(version)
    return sorted((*versions, new), key=_arrival)[:MAX_VERSIONS]


def _arrival(version: AnswerVersion) -> tuple[EntryId, Stamp]:
    return version.arrived, version.recorded

"""A whole answer with the judgment of each of its texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.checks.judged_text import JudgedText, judged
from gateway.domain.checks.whole_answers import texts_of, with_texts
from ratchet.contract import CheckOutcome
from ratchet_truth import JudgedSituation


@dataclass(frozen=True)
class JudgedAnswer:
    """The answer to a call of `path`, with each of its texts and their judgments."""

    path: str
    fields: Mapping[str, Any]
    situation: JudgedSituation | None
    texts: tuple[str, ...] = ()
    judgments: tuple[JudgedText, ...] = ()

    @property
    def outcome(self) -> CheckOutcome:
        """`untrue` if one text is, and `true` if all are."""
        outcomes = {one.outcome for one in self.judgments}
        if "untrue" in outcomes:
            return "untrue"
        return "true" if outcomes == {"true"} else "undecided"

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(fault for one in self.judgments for fault in one.faults)

    @property
    def untrue_texts(self) -> tuple[str, ...]:
        pairs = zip(self.texts, self.judgments, strict=True)
        return tuple(text for text, one in pairs if one.outcome == "untrue")

    def corrected(self, unknown: str) -> "JudgedAnswer":
        """The same with the sentence of the readings for each untrue text, or with `unknown`."""
        texts = [
            (one.sentence or unknown) if one.outcome == "untrue" else None for one in self.judgments
        ]
        return judged_answer(self.path, with_texts(self.path, self.fields, texts), self.situation)


def judged_answer(
    path: str, fields: Mapping[str, Any], situation: JudgedSituation | None
) -> JudgedAnswer:
    """`fields` is empty for an error, and for an answer that cannot be read."""
    texts = tuple(texts_of(path, fields))
    judgments = tuple(judged(text, situation) for text in texts)
    return JudgedAnswer(path, fields, situation, texts, judgments)

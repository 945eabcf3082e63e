"""A whole answer with the judgment of each of its texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gateway.domain.checks.judged_text import JudgedText, judged
from gateway.domain.checks.whole_answers import texts_of, with_texts
from ratchet.contract import CheckOutcome
from ratchet_truth import JudgedSituation


@dataclass(frozen=True)
class JudgedAnswer:
    """The answer to a call of `path`; `fields` is empty if it is an error or cannot be read."""

    path: str
    fields: Mapping[str, Any]
    situation: JudgedSituation | None

    @cached_property
    def texts(self) -> list[str]:
        return texts_of(self.path, self.fields)

    @cached_property
    def _judged(self) -> list[JudgedText]:
        return [judged(text, self.situation) for text in self.texts]

    @property
    def outcome(self) -> CheckOutcome:
        """`untrue` if one text is, and `true` if all are."""
        outcomes = {one.outcome for one in self._judged}
        if "untrue" in outcomes:
            return "untrue"
        return "true" if outcomes == {"true"} else "undecided"

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(fault for one in self._judged for fault in one.faults)

    @property
    def untrue_texts(self) -> tuple[str, ...]:
        pairs = zip(self.texts, self._judged, strict=True)
        return tuple(text for text, one in pairs if one.outcome == "untrue")

    def corrected(self, unknown: str) -> "JudgedAnswer":
        """The same with the sentence of the readings for each untrue text, or with `unknown`."""
        texts = [
            (one.sentence or unknown) if one.outcome == "untrue" else None for one in self._judged
        ]
        return JudgedAnswer(self.path, with_texts(self.path, self.fields, texts), self.situation)

"""Creates the events of examples: their ids, and what does not depend on the rule."""

from dataclasses import dataclass
from typing import Any

from ratchet.contract import (
    Aspect,
    DemonstrationBuilt,
    Event,
    ExampleRetracted,
    LabelBuilt,
    PairBuilt,
    Question,
    Source,
    derived_id,
)

NewExample = PairBuilt | LabelBuilt | DemonstrationBuilt


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleOrigin:
    """What the examples of one recalculation share: question, revision and cause.

    Ids depend on the content and the cause alone: a retry makes the same events.
    """

    question: Question
    revision: int
    cause: Event

    def pair(
        self,
        rule: str,
        aspect: Aspect,
        prompt: str,
        *,
        chosen: tuple[str, float],
        rejected: tuple[str, float],
        sources: tuple[Source, ...],
    ) -> PairBuilt:
        """`chosen` and `rejected` are an answer and its reward."""
        texts = (chosen[0], rejected[0])
        return PairBuilt(
            **self._header("PlannedPair", rule, aspect, prompt, texts, sources),
            chosen=chosen[0],
            chosen_reward=chosen[1],
            rejected=rejected[0],
            rejected_reward=rejected[1],
        )

    def label(
        self,
        rule: str,
        aspect: Aspect,
        prompt: str,
        *,
        answer: str,
        desirable: bool,
        reward: float,
        source: Source,
    ) -> LabelBuilt:
        texts = (answer, str(desirable))
        return LabelBuilt(
            **self._header("PlannedLabel", rule, aspect, prompt, texts, (source,)),
            answer=answer,
            desirable=desirable,
            reward=reward,
        )

    def demonstration(
        self, rule: str, aspect: Aspect, prompt: str, *, answer: str, reward: float, source: Source
    ) -> DemonstrationBuilt:
        header = self._header("PlannedDemonstration", rule, aspect, prompt, (answer,), (source,))
        return DemonstrationBuilt(**header, answer=answer, reward=reward)

    def retraction(self, example_id: str) -> ExampleRetracted:
        return ExampleRetracted(
            event_id=derived_id(self.cause.event_id, example_id, "retracted"),
            occurred_at=self.cause.occurred_at,
            caused_by=self.cause.event_id,
            example_id=example_id,
            revision=self.revision,
            reason="a newer revision of its answers no longer supports it",
        )

    def _header(
        self,
        kind: str,
        rule: str,
        aspect: Aspect,
        prompt: str,
        texts: tuple[str, ...],
        sources: tuple[Source, ...],
    ) -> dict[str, Any]:
        # `kind` is a part of every id since the first release: another spelling would publish
        # each live example once more, under a new id, and never retract the old one.
        example_id = derived_id(kind, self.question.key, aspect, prompt, *texts)
        return {
            "event_id": derived_id(self.cause.event_id, example_id, "built"),
            "occurred_at": self.cause.occurred_at,
            "caused_by": self.cause.event_id,
            "example_id": example_id,
            "revision": self.revision,
            "aspect": aspect,
            "rule": rule,
            "question": self.question,
            "prompt": prompt,
            "sources": sources,
        }

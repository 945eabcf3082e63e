"""Creates the events of examples: their ids, and what does not depend on the rule."""

from dataclasses import dataclass
from typing import Any

from ratchet.contract import (
    ChatMessage,
    DemonstrationBuilt,
    Event,
    ExampleRetracted,
    LabelBuilt,
    PairBuilt,
    Question,
    Source,
    derived_id,
    prompt_of,
)
from ratchet.measures import prompt_for
from reward.domain.examples.candidates import CandidateAnswer

NewExample = PairBuilt | LabelBuilt | DemonstrationBuilt


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleOrigin:
    """What the examples of one recalculation share: question, revision, cause, served messages.

    Ids depend on the content and the cause alone: a retry makes the same events. After Redis went
    back in time the same cause may have another effect, which is another event.
    """

    question: Question
    revision: int
    cause: Event
    messages: tuple[ChatMessage, ...] = ()

    def pair(
        self,
        rule: str,
        candidate: CandidateAnswer,
        *,
        chosen: tuple[str, float],
        rejected: tuple[str, float],
        sources: tuple[Source, ...],
    ) -> PairBuilt:
        """`chosen` and `rejected` are an answer and its reward; the question is `candidate`'s."""
        texts, rewards = (chosen[0], rejected[0]), (chosen[1], rejected[1])
        request = candidate.transcript
        return PairBuilt(
            **self._header("PlannedPair", rule, candidate, request, texts, rewards, sources),
            chosen=chosen[0],
            chosen_reward=chosen[1],
            rejected=rejected[0],
            rejected_reward=rejected[1],
        )

    def label(self, rule: str, candidate: CandidateAnswer, *, desirable: bool) -> LabelBuilt:
        texts, rewards = (candidate.answer, str(desirable)), (candidate.reward,)
        request, sources = candidate.transcript, candidate.sources
        return LabelBuilt(
            **self._header("PlannedLabel", rule, candidate, request, texts, rewards, sources),
            answer=candidate.answer,
            desirable=desirable,
            reward=candidate.reward,
        )

    def demonstration(
        self, rule: str, candidate: CandidateAnswer, *, request: str
    ) -> DemonstrationBuilt:
        """`request` is the question that the answer demonstrates."""
        kind, sources = "PlannedDemonstration", candidate.sources
        texts, rewards = (candidate.answer,), (candidate.reward,)
        return DemonstrationBuilt(
            **self._header(kind, rule, candidate, request, texts, rewards, sources),
            answer=candidate.answer,
            reward=candidate.reward,
        )

    def retraction(self, example_id: str) -> ExampleRetracted:
        return ExampleRetracted(
            event_id=derived_id(self.cause.event_id, example_id, "retracted", str(self.revision)),
            occurred_at=self.cause.occurred_at,
            caused_by=self.cause.event_id,
            example_id=example_id,
            revision=self.revision,
            reason="a newer revision of its answers no longer supports it",
        )

    def asking(self, request: str, candidate: CandidateAnswer) -> tuple[ChatMessage, ...]:
        """The served messages with `request` in place of the candidate's question.

        Empty if they do not have that question once.
        """
        asked = candidate.transcript
        if request == asked:
            return self.messages
        if sum(one.content.count(asked) for one in self.messages) != 1:
            return ()
        return tuple(
            one.model_copy(update={"content": one.content.replace(asked, request)})
            for one in self.messages
        )

    def _header(
        self,
        kind: str,
        rule: str,
        candidate: CandidateAnswer,
        request: str,
        texts: tuple[str, ...],
        rewards: tuple[float, ...],
        sources: tuple[Source, ...],
    ) -> dict[str, Any]:
        aspect = candidate.aspect
        messages = self.asking(request, candidate)
        if messages:
            prompt = prompt_of(messages)
        else:
            prompt = prompt_for(aspect, request, candidate.readings)
        # `kind` is a part of every id since the first release: another spelling would publish
        # each live example once more, under a new id, and never retract the old one.
        example_id = derived_id(kind, self.question.key, aspect, prompt, *texts)
        content = repr((self.revision, rule, rewards, sources))
        return {
            "event_id": derived_id(self.cause.event_id, example_id, "built", content),
            "occurred_at": self.cause.occurred_at,
            "caused_by": self.cause.event_id,
            "example_id": example_id,
            "revision": self.revision,
            "aspect": aspect,
            "rule": rule,
            "question": self.question,
            "prompt": prompt,
            "messages": messages,
            "sources": sources,
        }

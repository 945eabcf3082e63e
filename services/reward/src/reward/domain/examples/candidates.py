"""What one answer offers to its questions: at most one candidate per aspect."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple

from ratchet.contract import Aspect, Reading, Source, Value
from ratchet.measures import plan_text
from ratchet_text import unteachable, visible_text
from reward.domain.answers.reaction import AnswerReaction
from reward.domain.answers.recorded_answer import PlanWidget, RecordedAnswer
from reward.domain.calls.joining import ServedPrompt
from reward.domain.examples.plan_repair import repaired_plan
from reward.domain.examples.truth import truth_of
from reward.domain.scoring.score import Score
from reward.domain.scoring.weights import RewardWeights

_CONFIDENT_FROM = 0.5


class PlanRepair(NamedTuple):
    """A repaired plan, as text, and its reward."""

    plan: str
    reward: float


class CandidateAnswer(Value):
    """One answer to a question in one aspect, with the reward of that aspect alone.

    `verdict` is the rating of this aspect; it must agree with the reward's sign. Without a rating
    (`rated` is false) it is that of the truth alone. `true` tells whether a spoken answer is true
    to its readings, None where that is not known. `sure` is false where the judge doubts the whole
    answer: it is then never the better one of a pair. `request` is the corrected request that it
    answers, where it corrects an earlier one.
    `readings` are those to list in a prompt of our own.
    """

    source: Source
    aspect: Aspect
    at: int
    transcript: str
    readings: tuple[Reading, ...] = ()
    domains: tuple[str, ...] = ()
    answer: str
    reward: float
    verdict: Literal["good", "bad"]
    rated: bool = True
    true: bool | None = None
    sure: bool = True
    request: str | None = None
    repair: PlanRepair | None = None
    call_id: str = ""

    @property
    def sources(self) -> tuple[Source, ...]:
        """The answer, and the call that it is joined to: erasing either erases the example."""
        if not self.call_id:
            return (self.source,)
        call = Source(query_id=self.call_id, revision=1, user_id=self.source.user_id)
        return (self.source, call)

    @cached_property
    def visible(self) -> str:
        """Equal for two answers that look equal."""
        return visible_text(self.answer)


def candidates_of(
    answer: RecordedAnswer,
    served: Mapping[Aspect, ServedPrompt],
    reaction: AnswerReaction,
    score: Score,
    *,
    revision: int,
    request: str | None,
    weights: RewardWeights,
) -> Iterator[CandidateAnswer]:
    """The voice answer and the widget plan, where a teachable text is rated.

    A voice answer whose truth is known is a candidate without a rating too. Its readings are those
    of the `served` messages, where they are known.
    """
    shared: dict[str, Any] = {
        "source": Source(query_id=answer.query_id, revision=revision, user_id=answer.user_id),
        "at": answer.at,
        "transcript": answer.transcript,
        "domains": answer.domains,
        "request": request,
    }
    voice = answer.voice if answer.voice and not unteachable(answer.voice) else None
    prompt = served.get("voice", ServedPrompt())
    readings = () if prompt.messages else answer.readings
    true = truth_of(answer.served_with(prompt.messages)) if voice else None
    if voice and score.voice_reward is not None and score.voice_rating:
        yield CandidateAnswer(
            **shared,
            aspect="voice",
            readings=readings,
            call_id=prompt.call_id,
            answer=voice,
            reward=score.voice_reward,
            verdict=score.voice_rating,
            true=true,
        )
    elif voice and true is not None:
        yield CandidateAnswer(
            **shared,
            aspect="voice",
            readings=readings,
            call_id=prompt.call_id,
            answer=voice,
            reward=0.0,
            verdict="good" if true else "bad",
            rated=False,
            true=true,
        )
    plan = _text(answer.heading, answer.widgets)
    if score.widget_reward is not None and not unteachable(plan):
        confidence = reaction.evaluation_confidence
        yield CandidateAnswer(
            **shared,
            aspect="widget",
            call_id=served.get("widget", ServedPrompt()).call_id,
            answer=plan,
            reward=score.widget_reward,
            verdict="good" if score.widget_reward > 0 else "bad",
            sure=confidence is None or confidence >= _CONFIDENT_FROM,
            repair=_repair(answer, reaction, weights),
        )


def _repair(
    answer: RecordedAnswer, reaction: AnswerReaction, weights: RewardWeights
) -> PlanRepair | None:
    if not reaction.judged or not reaction.may_repair:
        return None
    judged = [widget for widget in reaction.judged if widget.position < len(answer.widgets)]
    repaired = repaired_plan(answer.widgets, judged, reaction.missing or (), weights)
    return repaired and PlanRepair(_text(answer.heading, repaired.widgets), repaired.reward)


def _text(heading: str, widgets: Sequence[PlanWidget]) -> str:
    return plan_text(heading, [(widget.scenario, widget.size) for widget in widgets])

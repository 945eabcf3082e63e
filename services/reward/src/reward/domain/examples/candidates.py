"""What one answer offers to its questions: one candidate per aspect with a clear verdict."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ratchet.contract import Aspect, Reading, Source, Value
from ratchet.measures import plan_text
from reward.domain.examples.plan_repair import repaired_plan
from reward.domain.scoring.reaction import Reaction
from reward.domain.scoring.score import Score
from reward.domain.scoring.weights import Weights
from reward.domain.state.answer import Answer, PlanWidget

_JUDGED_FROM = 0.5


class Repair(NamedTuple):
    """The plan that should have been, as text, and its reward."""

    plan: str
    reward: float


class Candidate(Value):
    """One answer to a question in one aspect, with the reward of that aspect alone.

    `verdict` is what was said about this aspect; it must agree with the reward's sign. `sure`
    is false where the judge doubts the answer as a whole: it is then never the better side.
    `request` is the corrected request this answer was given to, where it corrects an earlier one.
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
    sure: bool = True
    request: str | None = None
    repair: Repair | None = None


def candidates_of(
    answer: Answer,
    said: Reaction,
    worth: Score,
    *,
    revision: int,
    request: str | None,
    weights: Weights,
) -> Iterator[Candidate]:
    """The voice answer and the widget plan, each only where something was said about it."""
    source = Source(query_id=answer.query_id, revision=revision, user_id=answer.user_id)
    if answer.voice and worth.voice_reward is not None and worth.voice_rating:
        yield Candidate(
            source=source,
            aspect="voice",
            at=answer.at,
            transcript=answer.transcript,
            readings=answer.readings,
            domains=answer.domains,
            answer=answer.voice,
            reward=worth.voice_reward,
            verdict=worth.voice_rating,
            request=request,
        )
    if worth.widget_reward is not None:
        yield Candidate(
            source=source,
            aspect="widget",
            at=answer.at,
            transcript=answer.transcript,
            domains=answer.domains,
            answer=_text(answer.heading, answer.widgets),
            reward=worth.widget_reward,
            verdict="good" if worth.widget_reward > 0 else "bad",
            sure=said.evaluation_confidence is None or said.evaluation_confidence >= _JUDGED_FROM,
            request=request,
            repair=_repair(answer, said, weights),
        )


def _repair(answer: Answer, said: Reaction, weights: Weights) -> Repair | None:
    if not said.judged:
        return None
    judged = [verdict for verdict in said.judged if verdict.position < len(answer.widgets)]
    repaired = repaired_plan(answer.widgets, judged, said.missing or (), weights)
    return repaired and Repair(_text(answer.heading, repaired.widgets), repaired.reward)


def _text(heading: str, widgets: Sequence[PlanWidget]) -> str:
    return plan_text(heading, [(widget.scenario, widget.size) for widget in widgets])

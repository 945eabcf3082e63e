"""The answers one experience offers for comparison, one per aspect with a clear verdict."""

from collections.abc import Iterator
from typing import Literal

from ratchet.events.example import Source
from ratchet.events.experience import Experience
from reward.domain.pairing import Candidate, plan_text
from reward.domain.prompts import voice_prompt, widget_prompt
from reward.domain.question import readings_of
from reward.domain.scoring import Score


def candidates_of(experience: Experience, score: Score, source: Source) -> tuple[Candidate, ...]:
    """The voice answer and the widget plan, each only where something was said about it."""
    return tuple(_candidates(experience, score, source))


def _candidates(experience: Experience, score: Score, source: Source) -> Iterator[Candidate]:
    readings = readings_of(experience.available_data_summary)
    if experience.voice_response and score.voice_reward is not None and score.voice_rating:
        yield Candidate(
            source=source,
            aspect="voice",
            prompt=voice_prompt(experience.transcript, readings),
            answer=experience.voice_response,
            reward=score.voice_reward,
            verdict=score.voice_rating,
        )
    if score.widget_reward is not None:
        yield Candidate(
            source=source,
            aspect="widget",
            prompt=widget_prompt(experience.transcript),
            answer=_plan_of(experience),
            reward=score.widget_reward,
            verdict=_sign(score.widget_reward),
        )


def _plan_of(experience: Experience) -> str:
    plan = experience.widget_plan
    return plan_text(
        {
            "heading": plan.heading,
            "widgets": [{"scenario": w.scenario, "size": w.size} for w in plan.widgets],
        }
    )


def _sign(reward: float) -> Literal["good", "bad"]:
    return "good" if reward > 0 else "bad"

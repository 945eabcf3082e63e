"""Runs a simulation: situations, the turns that answer them, and the feedback."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any
from uuid import UUID

from simulator.answers import SimulatedAnswer, bad_answer, good_answer
from simulator.judge import judge_body
from simulator.operators import (
    Operator,
    draw_delay,
    draw_operators,
    draw_rating,
    is_pleased,
    reaction_body,
    satisfaction,
)
from simulator.plant import NUMBERED, Site
from simulator.situations import ABSENT_SHARE, Situation, draw_situation
from simulator.turn import Reaction, Truth, Turn
from simulator.widgets import Plan, draw_plan, plan_body
from simulator.wording import Wording

LONGEST_PAUSE = timedelta(seconds=900)
"""The longest time between two answers."""
_OPERATORS = 9
_SENT_TWICE = 0.03
_CHANGED_MIND = 0.02
_OTHER_THUMB = {"up": "down", "down": "up"}


def simulate(
    seed: int,
    questions: int,
    answers_per_question: int = 3,
    *,
    start: datetime,
    judge_share: float = 0.6,
    site: Site = NUMBERED,
    absent_share: float = ABSENT_SHARE,
    wording: Wording = "all",
) -> Iterator[Turn]:
    """Yield `questions` x `answers_per_question` turns in the order they were answered.

    With two or more answers, every situation gets at least one good and one bad answer, for
    different operators and the same readings. `judge_share` of the turns is judged. In
    `absent_share` of the situations the asked reading is absent, and a good answer says so.
    """
    rng = Random(seed)
    operators = draw_operators(rng, _OPERATORS)
    now = start
    for number in range(questions):
        situation = draw_situation(rng, site, absent_share=absent_share, wording=wording)
        shared = shared_context(situation, parsed_intent(rng, situation))
        answers = _draw_answers(rng, situation, answers_per_question)
        crew = rng.sample(operators, min(len(answers), _OPERATORS))
        for answer, operator in zip(answers, cycle(crew)):
            now += timedelta(seconds=rng.randint(20, LONGEST_PAUSE // timedelta(seconds=1)))
            plan = draw_plan(rng, good=rng.random() < 0.6)
            query_id = str(UUID(int=rng.getrandbits(128), version=4))
            experience = {
                "query_id": query_id,
                "timestamp": now.isoformat(),
                "user_id": operator.user_id,
                **shared,
                "widget_plan": plan_body(situation, plan.showable(rng), "llm"),
                "processing_time_ms": int(rng.lognormvariate(7.8, 0.5)),
                "voice_response": answer.text,
            }
            yield Turn(
                experience,
                _feedback(rng, query_id, operator, situation, answer, plan, judge_share),
                Truth(
                    number,
                    situation.area,
                    answer.kind,
                    answer.quality,
                    plan.quality,
                    is_listed=situation.requested is not None,
                ),
            )


def parsed_intent(rng: Random, situation: Situation) -> dict[str, Any]:
    """The question as the intent parser reads it."""
    return {
        "type": "query",
        "domains": [situation.area],
        "entities": {"devices": [situation.device], "metric": situation.asked.metric},
        "confidence": round(rng.uniform(0.7, 0.98), 2),
        "primary_characteristic": situation.metric.characteristic,
        "secondary_characteristics": [],
        "parse_method": "llm",
    }


def shared_context(situation: Situation, intent: dict[str, Any]) -> dict[str, Any]:
    """The fields of an experience that every answer to a question shares."""
    return {
        "transcript": situation.transcript,
        "parsed_intent": intent,
        "available_data_summary": {
            "readings": [
                {
                    "equipment": row.equipment,
                    "metric": row.metric,
                    "value": row.value,
                    "unit": row.unit,
                }
                for row in situation.readings
            ]
        },
        "user_history": [],
        "fixtures": {},
        "intent_confidence": intent["confidence"],
        "prompt_version": "sim-1",
    }


def _draw_answers(rng: Random, situation: Situation, count: int) -> list[SimulatedAnswer]:
    good_or_bad = [True, False][:count] + [rng.random() < 0.45 for _ in range(count - 2)]
    rng.shuffle(good_or_bad)
    return [
        good_answer(rng, situation) if good else bad_answer(rng, situation) for good in good_or_bad
    ]


def _feedback(
    rng: Random,
    query_id: str,
    operator: Operator,
    situation: Situation,
    answer: SimulatedAnswer,
    plan: Plan,
    judge_share: float,
) -> tuple[Reaction, ...]:
    pleased = is_pleased(rng, satisfaction(operator, answer, plan))
    rating = draw_rating(rng, pleased)
    own = {"query_id": query_id, **reaction_body(rng, pleased, rating, situation, plan)}
    reactions = [Reaction(draw_delay(rng), own)]
    if rng.random() < judge_share:
        judged = judge_body(rng, situation.transcript, answer, plan)
        delay = round(rng.uniform(60, 7200), 1)
        reactions.append(Reaction(delay, {"query_id": query_id, **judged}))
    if rng.random() < _SENT_TWICE:
        again = rng.choice(reactions)
        reactions.append(Reaction(round(again.delay_s + rng.uniform(0.2, 40), 1), again.body))
    if rating is not None and rng.random() < _CHANGED_MIND:
        later = round(reactions[0].delay_s + rng.uniform(5, 600), 1)
        reactions.append(Reaction(later, {"query_id": query_id, "rating": _OTHER_THUMB[rating]}))
    return tuple(sorted(reactions, key=lambda reaction: reaction.delay_s))

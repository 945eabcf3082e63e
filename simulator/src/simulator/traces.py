"""Simulates a teacher's answers, as rows of the predecessor's traces.jsonl."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from ratchet.measures import voice_prompt
from simulator.answers import good_answer, written
from simulator.situations import Situation, draw_situation

_WITHOUT_THINKING = 1 / 8
_OPENINGS = (
    "The operator asks for the {metric} of {equipment}.",
    "This is about one reading, the {metric} of {equipment}.",
    "What is wanted is the current {metric} of {equipment}.",
)
_CHARACTERS_PER_TOKEN = 4


def simulate_traces(seed: int, count: int, *, start: datetime) -> Iterator[dict[str, Any]]:
    """Yield `count` rows, oldest first; about one in eight has no thinking.

    The prompt is that of the model in service, with the readings. The thinking compares the
    requested reading with its average, and the answer is a good one.
    """
    rng = Random(seed)
    now = start
    for _ in range(count):
        now += timedelta(seconds=rng.randint(20, 900))
        situation = draw_situation(rng)
        prompt = voice_prompt(situation.transcript, situation.readings)
        thinking = "" if rng.random() < _WITHOUT_THINKING else _thinking(rng, situation)
        answer = good_answer(rng, situation).text
        characters = len(thinking) + len(answer)
        yield {
            "trace_id": str(UUID(int=rng.getrandbits(128), version=4)),
            "prompt": prompt,
            "timestamp": now.isoformat(),
            "claude_thinking": thinking,
            "claude_answer": answer,
            "claude_stop_reason": "success",
            "claude_input_tokens": len(prompt) // _CHARACTERS_PER_TOKEN,
            "claude_output_tokens": characters // _CHARACTERS_PER_TOKEN,
            "claude_model": "teacher",
            "claude_time_s": round(rng.uniform(1.0, 6.0), 1),
            "has_thinking": bool(thinking),
            "agent_response": "",
            "agent_time_s": 0.0,
            "prompt_version": "v3",
        }


def _thinking(rng: Random, situation: Situation) -> str:
    requested, average = situation.requested, situation.average
    opening = rng.choice(_OPENINGS).format(metric=requested.metric, equipment=requested.equipment)
    side = "above" if requested.value > average.value else "below"
    return (
        f"{opening} The readings give {written(requested.value, requested.unit)}, "
        f"{side} its average of {written(average.value, average.unit)}."
    )

"""Simulates a teacher's answers, as rows of the predecessor's traces.jsonl."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from ratchet.measures import voice_prompt
from simulator.answers import good_answer
from simulator.answers.shapes import conditions_of
from simulator.answers.values import values_of
from simulator.plant import NUMBERED, Site
from simulator.situations import ABSENT_SHARE, Situation, draw_situation
from simulator.wording import Wording, worded

_WITHOUT_THINKING = 1 / 8
_CHARACTERS_PER_TOKEN = 4


def simulate_traces(
    seed: int,
    count: int,
    *,
    start: datetime,
    site: Site = NUMBERED,
    absent_share: float = ABSENT_SHARE,
    wording: Wording = "all",
) -> Iterator[dict[str, Any]]:
    """Yield `count` rows, oldest first; about one in eight has no thinking.

    The prompt is that of the model in service, with the readings. The thinking compares the
    requested reading with its average, or finds it absent, and the answer is a good one.
    """
    rng = Random(seed)
    now = start
    for _ in range(count):
        now += timedelta(seconds=rng.randint(20, 900))
        situation = draw_situation(rng, site, absent_share=absent_share, wording=wording)
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
    thinking = situation.tables.thinking
    holding = [one for one in conditions_of(situation) if one in thinking]
    condition = "absent" if situation.requested is None else holding[0]
    opening = rng.choice(worded(thinking["opening"], situation.wording))
    text = f"{opening} {rng.choice(thinking[condition])}"
    return text.format(**values_of(situation, spoken=False))

"""Prompts of the Command Center's shape travel from the calls to the examples, through Redis."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from tests.reward.conftest import NOON, PLAN, Facts

from ratchet.contract import CALLS, EXAMPLES, CallServed, LabelBuilt, PairBuilt, prompt_of
from ratchet.delivery import Publisher
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from ratchet_testing.valkey import free_port
from ratchet_truth import readings_in
from reward.app import create_app
from reward.settings import RewardSettings

QUESTION = "What is the power of pump 001?"
DATA = """Available data:
- pump 001 power: 45 kW
- pump 001 average power: 40 kW"""
VOICE = [
    {"role": "system", "content": "You are the voice of an industrial command center. Be brief."},
    {"role": "user", "content": f"{DATA}\n\nThe operator asked: {QUESTION}\nAnswer in speech."},
]
SELECTOR = [
    {
        "role": "system",
        "content": 'You select widgets. Reply with JSON: {"heading": "...", "widgets": [...]}.',
    },
    {"role": "user", "content": f"{DATA}\n\nQuery: {QUESTION}\nIntent: query, energy"},
]
TRUE = "Pump 001 is consuming 45 kilowatts."
UNTRUE = "Pump 001 is consuming 54 kilowatts."


@pytest.fixture
async def service(redis: Redis, valkey_url: str) -> AsyncIterator[None]:
    settings = {"redis_url": valkey_url, "port": free_port(), "retry_base_s": 1}
    async with started(create_app(RewardSettings.model_validate(settings))):
        yield


async def test_the_prompts_that_were_served_are_those_of_pairs_and_labels(
    facts: Facts, redis: Redis, service: None
):
    """Two operators ask the same; one hears the truth, and both rate what they hear."""
    later = {"timestamp": NOON + timedelta(seconds=300), "user_id": "jose"}
    calls = [
        facts.call("c-1", messages=VOICE, text=TRUE),
        facts.call("c-2", messages=SELECTOR, text=PLAN, at=1),
        facts.call("c-3", messages=VOICE, text=UNTRUE, at=300),
    ]
    recorded = [
        facts.experience("q-1", voice_response=TRUE),
        facts.experience("q-2", voice_response=UNTRUE, **later),
    ]
    thumbs = [
        facts.feedback("q-1", at=10, rating="up"),
        facts.feedback("q-2", at=310, rating="down"),
    ]
    await Publisher(redis).publish([*recorded, *thumbs])
    await Publisher(redis).publish(calls)

    async def built() -> dict[str, Any]:
        entries = await redis.xrange(EXAMPLES.key)
        events = [EXAMPLES.adapter.validate_json(fields[b"__data__"]) for _, fields in entries]
        live = {event.example_id: event for event in events}
        found = [e for e in live.values() if isinstance(e, PairBuilt | LabelBuilt) and e.messages]
        return {f"{type(e).__name__} {e.aspect}": e for e in found}

    async def complete() -> bool:
        return await built() != {} and len(await built()) == 3

    await eventually(complete, 30)
    examples = await built()
    [voice, selector] = [calls[0].messages, calls[1].messages]
    pair = examples["PairBuilt voice"]
    assert (pair.chosen, pair.rejected) == (TRUE, UNTRUE)
    assert pair.messages == examples["LabelBuilt voice"].messages == voice
    assert pair.prompt == prompt_of(voice)
    assert [row.value for row in readings_in(pair.prompt)] == [45.0, 40.0]
    assert examples["LabelBuilt widget"].messages == selector
    stored = await redis.xrange(CALLS.key)
    assert [CALLS.adapter.validate_json(f[b"__data__"]) for _, f in stored] == calls
    assert all(isinstance(call, CallServed) for call in calls)

"""Imported answers without thinking, and traces with the reason why the teacher stopped."""

from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import EXAMPLES, TRACES
from ratchet_testing.running_intake import events

from .test_imported_examples import PAIR, THINKING, TRACE


@pytest.mark.parametrize("name", ["answer", "claude_answer"])
async def test_thinking_in_the_answer_of_a_trace_is_separated(
    client: httpx.AsyncClient, redis: Redis, name: str
):
    sent = {"prompt": TRACE["prompt"], name: f"<think>{THINKING}</think>\n{TRACE['answer']}"}
    quiet = {**sent, "has_thinking": False}
    known = {**sent, "thinking": "The prompt gives it."}
    assert (await client.post("/v1/traces", json=[sent, quiet, known])).json()["accepted"] == 3
    traces = await events(redis, TRACES)
    assert [trace.answer for trace in traces] == [TRACE["answer"]] * 3
    assert [trace.thinking for trace in traces] == [THINKING, "", "The prompt gives it."]


async def test_thinking_in_the_answers_of_a_pair_is_left_out(
    client: httpx.AsyncClient, redis: Redis
):
    thought = {name: f"<think>{THINKING}</think>{PAIR[name]}" for name in ("chosen", "rejected")}
    assert (await client.post("/v1/pairs", json={**PAIR, **thought})).status_code == 202
    [pair] = await events(redis, EXAMPLES)
    assert (pair.chosen, pair.rejected) == (PAIR["chosen"], PAIR["rejected"])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"stop_reason": "max_tokens"}, "max_tokens"),
        ({"claude_stop_reason": "length"}, "length"),
        ({"finish_reason": "length"}, "length"),
        ({"done_reason": "length"}, "length"),
        ({"stop_reason": "", "finish_reason": "MAX_TOKENS"}, "MAX_TOKENS"),
        ({"response": {"choices": [{"finish_reason": "length"}]}}, "length"),
        ({"choices": [{"index": 0, "finish_reason": "length"}]}, "length"),
        ({"response": {"stop_reason": "max_tokens", "type": "message"}}, "max_tokens"),
        ({"candidates": [{"finishReason": "MAX_TOKENS"}]}, "MAX_TOKENS"),
        (
            {"response": {"incomplete_details": {"reason": "max_output_tokens"}}},
            "max_output_tokens",
        ),
        ({"ollama": {"message": {"content": ""}, "done": False}}, "incomplete"),
        ({"stopping_reason": "length"}, "length"),
        ({"is_truncated": True}, "truncated"),
        ({"meta_info": {"finish_reason": {"type": "length", "length": 100}}}, "length"),
        ({"equipment": [{"status": "high_limit", "reason": "maximum reached"}]}, ""),
        ({"stop_reason": "end_turn", "response": {"done_reason": "stop"}}, "end_turn"),
        ({"response": {"done_reason": "stop", "done": True}}, "stop"),
        ({}, ""),
    ],
)
async def test_the_stop_reason_is_found_wherever_a_provider_puts_it(
    client: httpx.AsyncClient, redis: Redis, fields: dict[str, Any], reason: str
):
    assert (await client.post("/v1/traces", json={**TRACE, **fields})).status_code == 202
    [trace] = await events(redis, TRACES)
    assert trace.stop_reason == reason

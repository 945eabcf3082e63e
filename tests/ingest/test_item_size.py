"""The limit on the size of one item, and on what parsing a body may take."""

import json
import time
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, FEEDBACK
from ratchet_testing.legacy.population import population
from ratchet_testing.running_intake import api, events

LIMIT = 65_536
SAMPLES = Path(__file__).parents[1] / "contract/examples"


def feedback(number: int, length: int = 10) -> dict[str, str]:
    return {"query_id": f"q-{number}", "evaluation_reasoning": "x" * length}


async def test_a_large_item_is_refused_alone_and_names_its_largest_part(
    client: httpx.AsyncClient, redis: Redis
):
    items = [feedback(1), feedback(2, LIMIT), feedback(3)]
    answer = await client.post("/v1/feedback", json=items)
    assert answer.status_code == 202
    [problem] = answer.json()["problems"]
    assert (problem["index"], problem["field"]) == (1, "evaluation_reasoning")
    assert "65,536" in problem["message"]
    assert [event.feedback.query_id for event in await events(redis, FEEDBACK)] == ["q-1", "q-3"]


@pytest.mark.parametrize("length", [LIMIT, 2 << 20, 15 << 20])
async def test_a_single_large_item_is_refused(client: httpx.AsyncClient, redis: Redis, length: int):
    answer = await client.post("/v1/feedback", json=feedback(1, length))
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("evaluation_reasoning: ")
    assert await redis.xlen(FEEDBACK.key) == 0


async def test_the_largest_part_is_found_inside_lists_and_objects(client: httpx.AsyncClient):
    widgets = [{"scenario": "kpi", "why": "short"}, {"scenario": "trend", "why": "y" * LIMIT}]
    body = {"query_id": "q", "widget_plan": {"widgets": widgets}}
    answer = await client.post("/v1/experiences", json=body)
    [problem] = answer.json()["problems"]
    assert problem["field"] == "widget_plan.widgets.1.why"


async def test_the_longest_texts_that_fields_promise_fit(client: httpx.AsyncClient, redis: Redis):
    item = {"query_id": "q", "transcript": "ü" * 20_000, "voice_response": "z" * 20_000}
    assert (await client.post("/v1/experiences", json=item)).status_code == 202


async def test_a_plant_of_844_rows_and_every_example_message_fit(
    client: httpx.AsyncClient, redis: Redis
):
    rows = population(1)["experiences"]
    assert len(rows) == 844
    answer = await client.post("/v1/experiences", json=rows)
    assert answer.json()["problems"] == []
    stored = await redis.xrange(EXPERIENCES.key)
    assert max(len(fields[b"__data__"]) for _, fields in stored) < LIMIT / 8
    assert max(path.stat().st_size for path in SAMPLES.rglob("*.json")) < LIMIT / 8


async def test_the_limit_is_a_setting(valkey_url: str):
    async with api(valkey_url, ingest_max_item_bytes=4096) as client:
        answer = await client.post("/v1/feedback", json=feedback(1, 4096))
        assert answer.status_code == 422


async def test_a_body_of_a_million_names_is_refused_before_it_is_parsed(client: httpx.AsyncClient):
    names = ",".join(f'"{number}":1' for number in range(1_400_000))
    body = f'{{"query_id":"q","transcript":"x","fixtures":{{{names}}}}}'
    began = time.process_time()
    answer = await client.post("/v1/experiences", content=body)
    assert answer.status_code == 413
    assert "names" in answer.json()["error"]
    assert time.process_time() - began < 1.0


async def test_a_large_batch_of_ordinary_items_is_accepted(client: httpx.AsyncClient, redis: Redis):
    items = [feedback(number, 12_000) for number in range(1000)]
    assert len(json.dumps(items)) > 12_000_000
    answer = await client.post("/v1/feedback", json=items)
    assert answer.json()["accepted"] == 1000

"""Cross-origin requests: preflights as browsers send them."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from ingest.settings import IngestSettings
from ratchet.contract import FEEDBACK
from ratchet_testing.running_intake import api, events

PAGE = "http://panel.plant:3000"
PATH = "/api/layer2/feedback/"
BODY = {"query_id": "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01", "rating": "up"}


@pytest.fixture
async def client(redis: Redis, valkey_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with api(valkey_url, ingest_cors_origins=(PAGE,)) as client:
        yield client


@pytest.mark.parametrize(("origin", "status"), [(PAGE, 200), ("http://elsewhere", 400)])
async def test_a_preflight_is_answered_without_a_key_and_names_the_key_header(
    client: httpx.AsyncClient, origin: str, status: int
):
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-feedback-key,idempotency-key",
    }
    answer = await client.options(PATH, headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("Access-Control-Allow-Origin") == (PAGE if status == 200 else None)
    if status == 200:
        assert "x-feedback-key" in answer.headers["Access-Control-Allow-Headers"].lower()


async def test_an_allowed_page_can_read_answers_and_errors(client: httpx.AsyncClient):
    for body, status in ((BODY, 200), ({}, 400)):
        answer = await client.post(PATH, json=body, headers={"Origin": PAGE})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


async def test_a_form_post_from_another_page_is_refused(client: httpx.AsyncClient, redis: Redis):
    """Browsers send such a form without a preflight, and keep only the answer from the page."""
    headers = {"Origin": "http://elsewhere", "Content-Type": "text/plain"}
    answer = await client.post(PATH, json=BODY, headers=headers)
    assert answer.status_code == 403
    assert "RATCHET_INGEST_CORS_ORIGINS" in answer.json()["error"]
    assert await events(redis, FEEDBACK) == []


async def test_pages_of_the_same_origin_and_programs_may_post(client: httpx.AsyncClient):
    for headers in ({}, {"Origin": "http://127.0.0.1"}):
        assert (await client.post(PATH, json=BODY, headers=headers)).status_code == 200


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_INGEST_CORS_ORIGINS", f"{PAGE}, http://other")
    assert IngestSettings().ingest_cors_origins == (PAGE, "http://other")

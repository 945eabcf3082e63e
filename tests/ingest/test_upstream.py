"""Ingest before a backend: an unchanged frontend and evaluator know one address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingest.app import create_app
from ingest.domain.access import is_own_path
from ingest.settings import IngestSettings
from ratchet.contract import FEEDBACK
from ratchet_testing.asgi_server import serving
from ratchet_testing.running_intake import api, events
from ratchet_testing.valkey import free_port

from .test_authentication import key

pytest.importorskip("websockets", reason="the library websockets is not installed")
QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
THUMB = {"query_id": QUERY_ID, "rating": "up"}
ORCHESTRATE = "/api/layer2/orchestrate/"


async def orchestrate(request: Request) -> Response:
    """Answers as the real backend does, for everybody under one name."""
    sent = await request.json()
    if not sent.get("transcript"):
        return JSONResponse({"error": "transcript is required"}, 400)
    return JSONResponse(
        {
            "query_id": QUERY_ID,
            "voice_response": "Pump 1 draws 45 kW.",
            "filler_text": "",
            "layout_json": {"heading": "Pump 1", "widgets": [], "transitions": {}},
            "context_update": {},
            "intent": None,
            "rag_results": [],
            "processing_time_ms": 900,
            "client": request.headers.get("x-forwarded-for"),
        }
    )


async def anything(request: Request) -> Response:
    return JSONResponse({"backend": request.url.path})


BACKEND = Starlette(
    routes=[
        Route(ORCHESTRATE, orchestrate, methods=["POST"]),
        Route("/{path:path}", anything, methods=["GET", "POST"]),
    ]
)


@asynccontextmanager
async def before_a_backend(valkey_url: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    upstream = {"ingest_upstream_url": f"http://127.0.0.1:{port}"}
    async with serving(BACKEND, port), api(valkey_url, **upstream, **settings) as client:
        yield client


async def test_a_question_goes_to_the_backend_and_its_thumb_to_ratchet(
    redis: Redis, valkey_url: str
):
    async with before_a_backend(valkey_url) as client:
        answer = await client.post(ORCHESTRATE, json={"transcript": "power of pump 1"})
        refused = await client.post(ORCHESTRATE, json={})
        thumb = await client.post("/api/layer2/feedback/", json=THUMB)
        status = await client.get("/api/layer2/rl-status/")
        history = await client.get("/api/layer2/rl-history/")
        health = await client.get("/api/layer2/rag/industrial/health/")
    assert (answer.json()["query_id"], answer.json()["client"]) == (QUERY_ID, "127.0.0.1")
    assert (refused.status_code, refused.json()) == (400, {"error": "transcript is required"})
    assert thumb.json() == {"status": "ok", "updated": True}
    assert "tier2_lora" in status.json()["trainer"]
    assert history.status_code == 503, "there is no ledger"
    assert health.json() == {"backend": "/api/layer2/rag/industrial/health/"}
    assert len(await events(redis, FEEDBACK)) == 1


async def test_the_backend_needs_no_key_of_ratchet(redis: Redis, valkey_url: str, tmp_path: Path):
    key(tmp_path, "write")
    async with before_a_backend(valkey_url, data_dir=tmp_path) as client:
        answer = await client.post(ORCHESTRATE, json={"transcript": "power of pump 1"})
        thumb = await client.post("/api/layer2/feedback/", json=THUMB)
        experiences = await client.get("/v1/experiences")
    assert answer.status_code == 200
    assert (thumb.status_code, experiences.status_code) == (403, 401)


async def test_without_its_backend_ingest_answers_in_the_form_of_the_page(
    redis: Redis, valkey_url: str
):
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with api(valkey_url, ingest_upstream_url=nowhere) as client:
        answer = await client.post(ORCHESTRATE, json={"transcript": "power"})
        other = await client.get("/admin/")
        thumb = await client.post("/api/layer2/feedback/", json=THUMB)
    assert (answer.status_code, set(answer.json())) == (502, {"error"})
    assert "RATCHET_INGEST_UPSTREAM_URL" in answer.json()["error"]
    assert other.headers["content-type"] == "application/problem+json"
    assert thumb.status_code == 200


async def test_going_back_gives_the_address_to_the_backend_and_loses_nothing(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    """The steps of docs/front-door.md, with free ports in the place of 8100 and 8101."""
    port, moved = free_port(), free_port()
    question = {"transcript": "power of pump 1"}

    def ratchet(**setting: str) -> FastAPI:
        found = {"redis_url": valkey_url, "data_dir": tmp_path, **setting}
        return create_app(IngestSettings.model_validate(found))

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as frontend:
        before = ratchet(ingest_upstream_url=f"http://127.0.0.1:{moved}")
        async with serving(BACKEND, moved), serving(before, port):
            assert (await frontend.post(ORCHESTRATE, json=question)).status_code == 200
            thumb = await frontend.post("/api/layer2/feedback/", json=THUMB)
            assert thumb.json() == {"status": "ok", "updated": True}
        async with serving(BACKEND, port):
            assert (await frontend.post(ORCHESTRATE, json=question)).status_code == 200
            for path in ("feedback", "feedback/", "rl-status/", "rl-history/", "approve-training/"):
                answer = await frontend.post(f"/api/layer2/{path}", json=THUMB)
                assert answer.json() == {"backend": f"/api/layer2/{path}"}
        async with serving(ratchet(), port):
            assert (await frontend.post(ORCHESTRATE, json=question)).status_code == 404
            thumb = await frontend.post("/api/layer2/feedback/", json={**THUMB, "rating": "down"})
            assert thumb.status_code == 200
    kept = [one.feedback.rating for one in await events(redis, FEEDBACK)]
    assert kept == ["up", "down"], "a later start resumes with what was given before"


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/v1/experiences", True),
        ("/v1/nothing", True),
        ("/livez", True),
        ("/status", True),
        ("/api/layer2/feedback", True),
        ("/api/layer2/rl-history/", True),
        ("/api/layer2/approve-training/", True),
        ("/api/layer2/approve-training/x/", False),
        ("/api/layer2/", False),
        ("/api/layer2/feedback-of-another-kind/", False),
        ("/", False),
        ("/v10/", False),
        ("/statuses", False),
    ],
)
def test_what_is_not_ingests_own_is_the_backends(path: str, own: bool):
    assert is_own_path(path) is own

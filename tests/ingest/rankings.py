"""An intake that ranks, and requests for rankings."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet.contract import DECISIONS, DecisionMade
from ratchet_testing.eventually import eventually
from ratchet_testing.running_intake import serving

CANDIDATES = [
    {"scenario": "trend", "relevance": 0.6, "size": "expanded"},
    {"scenario": "alerts", "relevance": 0.1, "required": True},
    {"scenario": "comparison", "relevance": 0.5},
    "timeline",
    {"scenario": "kpi", "relevance": 0.55, "size": "compact", "required": True},
    {"scenario": "trend", "relevance": 0.6, "size": "compact"},
]


SURE_TO_EXPLORE = 0.9999


def body(**changes: Any) -> dict[str, Any]:
    return {
        "transcript": "What is the power of pump 001 today?",
        "intent": {
            "type": "query",
            "domains": ["industrial"],
            "entities": {"devices": ["pump-001"], "time": "today"},
            "confidence": 0.92,
            "primary_characteristic": "energy",
        },
        "candidates": CANDIDATES,
        "user_id": "operator-1",
        **changes,
    }


def api(
    url: str, data_dir: Path, draw: Callable[[], float] = lambda: 0.0, **changes: Any
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    changes = {"ingest_decision_timeout_s": 10, **changes}
    settings = IngestSettings(redis_url=url, data_dir=data_dir, **changes)  # type: ignore[arg-type]
    return serving(create_app(settings, draw))


async def rank(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    response = await client.post("/v1/rank", json=body(**changes))
    assert response.status_code == 200, response.text
    return dict(response.json())


async def ranking_of(client: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await client.get("/status")).json()["ranking"])


async def in_service(client: httpx.AsyncClient, version: str) -> None:
    async def serving() -> bool:
        scorer = (await ranking_of(client))["scorer"]
        return scorer is not None and scorer["version"] == version

    await eventually(serving)


async def decided(redis: Redis) -> list[DecisionMade]:
    return [
        DECISIONS.adapter.validate_json(fields[b"__data__"])
        for _, fields in await redis.xrange(DECISIONS.key)
    ]


def order_of(answer: dict[str, Any]) -> list[int]:
    return [place["index"] for place in answer["ranking"]]

"""Runs ingest, calls it over HTTP, and reads the events that it published."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from redis.asyncio import Redis

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet.contract import Stream


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        # A task whose cancellation is lost is cancelled again after 5 s.
        LifespanManager(app, shutdown_timeout=20) as running,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(running.app), base_url="http://127.0.0.1"
        ) as client,
    ):
        yield client


def api(url: str, **settings: Any) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """Run ingest on the Redis at `url`. Without `data_dir` there are no API keys."""
    found = {"data_dir": Path("no-such-directory"), **settings}
    return serving(create_app(IngestSettings(redis_url=url, **found)))  # type: ignore[arg-type]


async def events(redis: Redis, stream: Stream) -> list[Any]:
    return [
        stream.adapter.validate_json(fields[b"__data__"])
        for _, fields in await redis.xrange(stream.key)
    ]

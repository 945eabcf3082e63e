"""The only wiring of the ingest service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from ingest.domain.identity import Identity
from ingest.intake import Intake
from ingest.metrics import IngestMetrics
from ingest.openapi import add_schemas
from ingest.routes import create_router
from ingest.settings import IngestSettings
from ratchet.broker import create_broker, create_redis
from ratchet.events.experience import Experience, Feedback
from ratchet.host import create_host
from ratchet.publisher import Publisher
from ratchet.service import Service
from ratchet.streams import COMMANDS, EXPERIENCES, FEEDBACK


def create_app(settings: IngestSettings) -> FastAPI:
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    redis = create_redis(settings)
    service = Service(
        name="ingest",
        settings=settings,
        broker=create_broker(settings),
        redis=redis,
        registry=registry,
        publishes=[EXPERIENCES, FEEDBACK, COMMANDS],
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = FastAPI(title="Ratchet ingest", version="1", lifespan=lifespan)
    intake = Intake(Publisher(redis), metrics, settings.ingest_naive_zone)
    app.include_router(
        create_router(intake, settings.ingest_max_batch, settings.ingest_max_body_bytes)
    )
    app.mount("", create_host(service))
    add_schemas(app, Experience, Feedback, Identity)

    @app.exception_handler(HTTPException)
    async def say_why(request: Request, error: HTTPException) -> JSONResponse:
        content: Any = error.detail
        if not isinstance(content, dict):
            content = {"error": str(content)}
        return JSONResponse({"problems": [], **content}, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def name_the_field(request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [
            {"index": 0, "field": ".".join(map(str, e["loc"][1:])), "message": e["msg"]}
            for e in error.errors()
        ]
        message = f"{problems[0]['field'] or 'body'}: {problems[0]['message']}"
        return JSONResponse({"error": message, "problems": problems}, 422)

    @app.exception_handler(RedisError)
    async def come_back_later(request: Request, error: RedisError) -> JSONResponse:
        metrics.unavailable.inc()
        return JSONResponse(
            {"error": f"nothing was accepted, Redis is away or full: {error}", "problems": []},
            503,
            {"Retry-After": str(settings.ingest_retry_after_s)},
        )

    return app

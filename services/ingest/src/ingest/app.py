"""The only wiring of the ingest service."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from ingest.command_routes import create_command_router
from ingest.decisions import Decisions
from ingest.domain.identity import Identity
from ingest.domain.pairs import Pair
from ingest.domain.rank_request import RankRequest
from ingest.domain.traces import Trace
from ingest.intake import Intake
from ingest.metrics import IngestMetrics
from ingest.openapi import add_schemas
from ingest.rank_routes import create_rank_router
from ingest.ranking_metrics import RankingMetrics
from ingest.ranking_status import RankingStatus
from ingest.routes import create_router
from ingest.scorer_loading import ScorerLoader
from ingest.scorer_watch import ScorerWatch
from ingest.settings import IngestSettings
from ratchet.artifacts import ArtifactStore
from ratchet.broker import create_broker, create_redis
from ratchet.events.experience import Experience, Feedback
from ratchet.host import create_host
from ratchet.publisher import Publisher
from ratchet.ranking.embeddings import embedding_named
from ratchet.service import Service
from ratchet.streams import COMMANDS, DECISIONS, EXAMPLES, EXPERIENCES, FEEDBACK, TRACES


def create_app(settings: IngestSettings, draw: Callable[[], float] | None = None) -> FastAPI:
    """`draw` decides on exploration: uniform in [0, 1), by default the system's randomness."""
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    redis = create_redis(settings)
    publisher = Publisher(redis)
    embedding = embedding_named(settings.embedding, settings.cache_path)
    ranking_metrics = RankingMetrics(registry, embedding.name)
    loader = ScorerLoader(ArtifactStore(settings.artifacts_dir), embedding)
    watch = ScorerWatch(redis, loader, ranking_metrics)
    decisions = Decisions(
        publisher=publisher,
        standing=lambda: watch.standing,
        draw=draw or SystemRandom().random,
        timeout_s=settings.ingest_decision_timeout_s,
        metrics=ranking_metrics,
    )
    service = Service(
        name="ingest",
        settings=settings,
        broker=create_broker(settings),
        redis=redis,
        registry=registry,
        background=[watch.run],
        publishes=[EXPERIENCES, FEEDBACK, DECISIONS, EXAMPLES, TRACES, COMMANDS],
        status=RankingStatus(watch, decisions, embedding.name).facts,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = FastAPI(title="Ratchet ingest", version="1", lifespan=lifespan)
    intake = Intake(publisher, metrics, settings.ingest_naive_zone)
    app.include_router(
        create_router(intake, settings.ingest_max_batch, settings.ingest_max_body_bytes)
    )
    app.include_router(create_command_router(publisher))
    app.include_router(
        create_rank_router(
            decisions,
            ranking_metrics,
            settings.ingest_rank_max_candidates,
            settings.ingest_rank_max_body_bytes,
        )
    )
    app.mount("", create_host(service))
    add_schemas(app, Experience, Feedback, Trace, Pair, Identity, RankRequest)

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

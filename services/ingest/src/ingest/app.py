"""The only wiring of the ingest service."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.routing import Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ingest.command_center.history import HistoryBoard, create_history_router
from ingest.command_center.routes import create_compat_router
from ingest.command_center.status import StatusBoard, create_status_router
from ingest.command_center.trainer_watch import TrainerWatch
from ingest.domain.corrections import Correction
from ingest.domain.identity import Identity
from ingest.domain.pairs import Pair
from ingest.domain.rank_request import RankRequest
from ingest.domain.traces import Trace
from ingest.http.command_routes import (
    ActivationAsked,
    Asked,
    CancelAsked,
    TrainingAsked,
    create_command_router,
)
from ingest.http.item_routes import create_router
from ingest.http.middleware.authentication import Gate
from ingest.http.middleware.body_limits import WholeBodies
from ingest.http.middleware.compression import PackedAnswers
from ingest.http.middleware.cors import Origins
from ingest.http.middleware.idempotency import say_it_again
from ingest.http.middleware.problems import Error, Refused, own_up, say_why
from ingest.http.middleware.query_errors import name_the_field
from ingest.http.middleware.rate_limit import RateLimit
from ingest.http.middleware.request_ids import RequestIds
from ingest.http.middleware.tracing import TracedRequests
from ingest.http.middleware.unavailable import come_back_later, read_later
from ingest.http.openapi import add_schemas
from ingest.http.read_routes import create_read_router
from ingest.intake import Intake
from ingest.keys.key_file import KeyFile
from ingest.keys.key_ring import KeyRing
from ingest.metrics import IngestMetrics
from ingest.ranking.decisions import Decisions
from ingest.ranking.metrics import RankingMetrics
from ingest.ranking.routes import create_rank_router
from ingest.ranking.scorer_loading import ScorerLoader
from ingest.ranking.scorer_watch import ScorerWatch
from ingest.ranking.status import RankingStatus
from ingest.settings import IngestSettings
from ingest.status import AccessStatus
from ledger.reading import AsyncLedger, LedgerReader, open_for_reading
from ratchet.contract import (
    COMMANDS,
    DECISIONS,
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    TRACES,
    Experience,
    Feedback,
    Unavailable,
)
from ratchet.delivery import AlreadyPublished, Publisher
from ratchet.ranking import embedding_named
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.storage import ArtifactStore, Tombstones
from ratchet.telemetry import Tracer, create_tracer

_log = logging.getLogger(__name__)
_SENT = (
    Experience,
    Feedback,
    Correction,
    Trace,
    Pair,
    Identity,
    RankRequest,
    TrainingAsked,
    CancelAsked,
    ActivationAsked,
    Asked,
)


def create_app(settings: IngestSettings, draw: Callable[[], float] | None = None) -> FastAPI:
    """`draw` decides on exploration: uniform in [0, 1), by default the system's randomness."""
    access = AccessStatus(KeyRing(KeyFile(settings.data_dir)), settings.host)
    _log.info(access.summary())
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    redis = create_redis(settings)
    tracer = create_tracer("ingest", settings)
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
    ranking = RankingStatus(watch, decisions, embedding.name)
    trainer = TrainerWatch(settings.trainer_url, settings.ingest_trainer_every_s)
    ledger = AsyncLedger(
        LedgerReader(open_for_reading(settings.ledger_database)),
        settings.ingest_ledger_readers,
    )

    async def facts() -> dict[str, Any]:
        return {**await ranking.facts(), "access": access.facts()}

    service = Service(
        name="ingest",
        settings=settings,
        broker=create_broker(settings),
        redis=redis,
        registry=registry,
        background=[watch.run, trainer.run],
        publishes=[EXPERIENCES, FEEDBACK, DECISIONS, EXAMPLES, TRACES, COMMANDS],
        tracer=tracer,
        status=facts,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            await ledger.warm()
            yield

    app = FastAPI(title="Ratchet ingest", version="1", lifespan=lifespan, redirect_slashes=False)
    intake = Intake(publisher, metrics, settings.ingest_naive_zone, Tombstones(redis).among)
    limit = RateLimit(redis, "feedback")
    app.include_router(create_router(intake, settings.ingest_max_batch))
    app.include_router(create_command_router(publisher))
    app.include_router(
        create_rank_router(
            decisions,
            ranking_metrics,
            settings.ingest_rank_max_candidates,
        )
    )
    app.include_router(
        create_compat_router(intake, publisher, limit, settings.ingest_feedback_per_minute)
    )
    app.include_router(create_status_router(StatusBoard(ledger, trainer, redis)))
    app.include_router(create_history_router(HistoryBoard(ledger, trainer)))
    app.include_router(create_read_router(ledger))
    for path, answer in create_host(service).routes:
        app.router.routes.append(Route(path, answer, include_in_schema=False))
    add_schemas(app, *_SENT, Refused, Error)
    app.exception_handler(HTTPException)(say_why)
    app.exception_handler(RequestValidationError)(name_the_field)
    app.exception_handler(AlreadyPublished)(say_it_again)
    app.exception_handler(RedisError)(come_back_later(metrics, settings.ingest_retry_after_s))
    app.exception_handler(Unavailable)(read_later(settings.ingest_retry_after_s))
    for layer, options in reversed(_layers(settings, access, tracer)):
        app.add_middleware(layer, **options)
    return app


def _layers(
    settings: IngestSettings, access: AccessStatus, tracer: Tracer
) -> list[tuple[Any, dict[str, Any]]]:
    """What a request passes, in this order, before its route."""
    proxies = settings.ingest_trusted_proxies
    max_bytes = {"/v1/rank": settings.ingest_rank_max_body_bytes}
    behind = [(ProxyHeadersMiddleware, {"trusted_hosts": list(proxies)})] if proxies else []
    traced = [(TracedRequests, {"tracer": tracer})] if settings.otlp_endpoint else []
    return [
        *behind,
        (RequestIds, {}),
        *traced,
        (Origins, {"allowed": settings.ingest_cors_origins}),
        (PackedAnswers, {}),
        (ServerErrorMiddleware, {"handler": own_up}),
        (Gate, {"ring": access.ring, "open_without_keys": access.open_without_keys}),
        (WholeBodies, {"max_bytes": settings.ingest_max_body_bytes, "max_bytes_of": max_bytes}),
    ]

"""The only wiring of the ingest service."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.routing import Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ingest.command_center.approval_routes import (
    APPROVAL_PATHS,
    MAX_APPROVAL_BYTES,
    create_approval_router,
)
from ingest.command_center.call_limit import CallLimit
from ingest.command_center.feedback_routes import create_feedback_router
from ingest.command_center.history import HistoryPage, create_history_router
from ingest.command_center.status import StatusPage, create_status_router
from ingest.command_center.trainer_watch import TrainerWatch
from ingest.domain.access import ACCESS_RULES
from ingest.http.command_routes import create_command_router
from ingest.http.error_handlers import (
    handle_http_error,
    handle_unavailable,
    handle_unexpected_error,
    handle_validation_error,
)
from ingest.http.idempotency import replay_response
from ingest.http.item_routes import create_item_router
from ingest.http.openapi import add_schemas
from ingest.http.problems import problem_response
from ingest.http.read_routes import create_read_router
from ingest.http.tracing import RequestTracing
from ingest.intake import Intake
from ingest.metrics import IngestMetrics
from ingest.ranking.decisions import Decisions
from ingest.ranking.metrics import RankMetrics
from ingest.ranking.routes import create_rank_router
from ingest.ranking.scorer_loading import ScorerLoader
from ingest.ranking.scorer_watch import ScorerWatch
from ingest.ranking.status import RankStatus
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
    Unavailable,
)
from ratchet.delivery import AlreadyPublished, Publisher
from ratchet.service import Hosts, Service, create_broker, create_host, create_redis
from ratchet.storage import ArtifactStore, Tombstones
from ratchet.telemetry import create_tracing
from ratchet_edge.keys.key_file import KeyFile
from ratchet_edge.keys.key_ring import KeyRing
from ratchet_edge.middleware.authentication import Authentication
from ratchet_edge.middleware.body_limits import BodyLimits
from ratchet_edge.middleware.compression import Compression
from ratchet_edge.middleware.cors import CrossOriginRequests
from ratchet_edge.middleware.request_ids import RequestIds
from ratchet_edge.middleware.requested_hosts import RequestedHosts
from ratchet_edge.rate_limit import RateLimit
from ratchet_ranking import embedding_named

_log = logging.getLogger(__name__)


def create_app(settings: IngestSettings, draw: Callable[[], float] | None = None) -> FastAPI:
    """`draw` decides on exploration: uniform in [0, 1), by default from the system's randomness."""
    access = AccessStatus(KeyRing(KeyFile(settings.data_dir)), settings.host)
    _log.info(access.summary())
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    redis = create_redis(settings)
    tracing = create_tracing("ingest", settings)
    publisher = Publisher(redis)
    embedding = embedding_named(settings.embedding, settings.cache_path)
    ranking_metrics = RankMetrics(registry, embedding.name)
    loader = ScorerLoader(ArtifactStore(settings.artifacts_dir), embedding)
    watch = ScorerWatch(redis, loader, ranking_metrics)
    decisions = Decisions(
        publisher=publisher,
        source=lambda: watch.source,
        draw=draw or SystemRandom().random,
        timeout_s=settings.ingest_decision_timeout_s,
        metrics=ranking_metrics,
    )
    ranking = RankStatus(watch, decisions, embedding.name)
    trainer = TrainerWatch(settings.trainer_url, settings.ingest_trainer_every_s)
    ledger = AsyncLedger(
        LedgerReader(open_for_reading(settings.ledger_database)), settings.ingest_ledger_readers
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
        tracing=tracing,
        status=facts,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            await ledger.warm()
            yield

    app = FastAPI(title="Ratchet ingest", version="1", lifespan=lifespan, redirect_slashes=False)
    intake = Intake(
        publisher,
        metrics,
        settings.ingest_naive_zone,
        Tombstones(redis).among,
        settings.ingest_max_item_bytes,
        settings.ingest_clock_tolerance_s,
    )
    per_minute = settings.ingest_feedback_per_minute
    for router in (
        create_item_router(intake, settings.ingest_max_batch, settings.ingest_max_item_bytes),
        create_command_router(publisher, ledger),
        create_rank_router(decisions, ranking_metrics, settings.ingest_rank_max_candidates),
        create_feedback_router(intake, CallLimit(RateLimit(redis, "feedback"), per_minute)),
        create_approval_router(publisher, CallLimit(RateLimit(redis, "approvals"), per_minute)),
        create_status_router(StatusPage(ledger, trainer, redis)),
        create_history_router(HistoryPage(ledger, trainer)),
        create_read_router(ledger),
    ):
        app.include_router(router)
    for path, endpoint in create_host(service).routes:
        app.router.routes.append(Route(path, endpoint, include_in_schema=False))
    add_schemas(app)
    _add_error_handlers(app, metrics, settings.ingest_retry_after_s)
    for layer, options in reversed(_layers(settings, access, tracing.tracer)):
        app.add_middleware(layer, **options)
    return app


def _add_error_handlers(app: FastAPI, metrics: IngestMetrics, retry_after_s: int) -> None:
    unavailable = handle_unavailable(metrics, retry_after_s)
    app.exception_handler(HTTPException)(handle_http_error)
    app.exception_handler(RequestValidationError)(handle_validation_error)
    app.exception_handler(AlreadyPublished)(replay_response)
    app.exception_handler(RedisError)(unavailable)
    app.exception_handler(Unavailable)(unavailable)


def _layers(
    settings: IngestSettings, access: AccessStatus, tracer: Tracer
) -> list[tuple[Any, dict[str, Any]]]:
    """The middlewares of a request in their order, the outermost first."""
    # Request ids come first, so that every error has one. CORS is outside of authentication,
    # because browsers send preflights without a key. The error handler is inside of CORS, so that
    # a page can read an error. Bodies are read only for callers that may send them.
    proxies = settings.ingest_trusted_proxies
    behind = [(ProxyHeadersMiddleware, {"trusted_hosts": list(proxies)})] if proxies else []
    traced = [(RequestTracing, {"tracer": tracer})] if settings.otlp_endpoint else []
    refuse = {"refuse": problem_response}
    keys = {
        "ring": access.ring,
        "open_without_keys": access.open_without_keys,
        "rules": ACCESS_RULES,
        **refuse,
    }
    cors = {"allowed": settings.ingest_cors_origins, "setting": "RATCHET_INGEST_CORS_ORIGINS"}
    max_bytes_of = {
        "/v1/rank": settings.ingest_rank_max_body_bytes,
        **dict.fromkeys(APPROVAL_PATHS, MAX_APPROVAL_BYTES),
    }
    bodies = {"max_bytes": settings.ingest_max_body_bytes, "max_bytes_of": max_bytes_of}
    return [
        *behind,
        (RequestIds, {}),
        *traced,
        (RequestedHosts, {"hosts": Hosts(settings.host, settings.allowed_hosts), **keys}),
        (CrossOriginRequests, cors | refuse),
        (Compression, {}),
        (ServerErrorMiddleware, {"handler": handle_unexpected_error}),
        (Authentication, keys),
        (BodyLimits, bodies | refuse),
    ]

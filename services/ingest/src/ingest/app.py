"""The only wiring of the ingest service."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.routing import Route

from ingest.command_center.routes import command_center_routers
from ingest.command_center.trainer_watch import TrainerWatch
from ingest.feedback_windows import FeedbackWindows
from ingest.http.check_routes import create_check_router
from ingest.http.command_routes import create_command_router
from ingest.http.error_handlers import (
    handle_http_error,
    handle_share_used,
    handle_unavailable,
    handle_validation_error,
)
from ingest.http.idempotency import replay_response
from ingest.http.item_routes import create_item_router
from ingest.http.openapi import add_schemas
from ingest.http.read_routes import create_read_router
from ingest.http.route_classes import routes_ahead
from ingest.intake import Intake
from ingest.metrics import IngestMetrics
from ingest.ranking.decisions import Decisions
from ingest.ranking.metrics import RankMetrics
from ingest.ranking.routes import create_rank_router
from ingest.ranking.scorer_loading import ScorerLoader
from ingest.ranking.scorer_watch import ScorerWatch
from ingest.ranking.status import RankStatus
from ingest.request_layers import request_layers
from ingest.settings import IngestSettings
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
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.storage import ArtifactStore, Tombstones
from ratchet.telemetry import create_tracing
from ratchet_edge.call_limit import CallLimit
from ratchet_edge.http_protocol import refused_connections
from ratchet_edge.keys.access_status import AccessStatus
from ratchet_edge.keys.key_file import KeyFile
from ratchet_edge.keys.key_ring import KeyRing
from ratchet_edge.rate_limit import RateLimit
from ratchet_edge.room import ClientPublishers, Room, ShareUsed
from ratchet_ranking import embedding_named

_log = logging.getLogger(__name__)


def create_app(settings: IngestSettings, draw: Callable[[], float] | None = None) -> FastAPI:
    """`draw` decides on exploration: uniform in [0, 1), by default from the system's randomness."""
    access = AccessStatus(KeyRing(KeyFile(settings.data_dir)), settings.host)
    _log.info(access.summary())
    registry = CollectorRegistry()
    registry.register(refused_connections)
    metrics = IngestMetrics(registry)
    redis = create_redis(settings)
    tracing = create_tracing("ingest", settings)
    publisher = Publisher(redis)
    room = Room(redis, settings.data_dir, settings.ingest_client_share, metrics.beyond_share)
    publishers = ClientPublishers(publisher, room)
    embedding = embedding_named(settings.embedding, settings.cache_path)
    ranking_metrics = RankMetrics(registry, embedding.name)
    loader = ScorerLoader(ArtifactStore(settings.artifacts_dir), embedding)
    watch = ScorerWatch(redis, loader, ranking_metrics)
    decisions = Decisions(
        publishers=publishers,
        source=lambda: watch.source,
        draw=draw or SystemRandom().random,
        timeout_s=settings.ingest_decision_timeout_s,
        metrics=ranking_metrics,
    )
    ranking = RankStatus(watch, decisions, embedding.name)
    trainer = TrainerWatch(settings.trainer_url, settings.ingest_trainer_every_s, settings.minimums)
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
        background=[watch.run, trainer.run, room.run],
        publishes=[EXPERIENCES, FEEDBACK, DECISIONS, EXAMPLES, TRACES, COMMANDS],
        tracing=tracing,
        status=facts,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            await ledger.warm()
            yield

    app = FastAPIOffline(
        title="Ratchet ingest",
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
        static_url="/docs-files",
        telemetry={"tracing": False, "metrics": False, "logs": False},  # RequestTracing does it
    )
    intake = Intake(
        publishers,
        metrics,
        settings.ingest_naive_zone,
        Tombstones(redis).among,
        settings.ingest_max_item_bytes,
        settings.ingest_clock_tolerance_s,
    )
    windows = FeedbackWindows(ledger, settings.reward_window_days)
    browsers = CallLimit(RateLimit(redis, "browsers"), settings.ingest_feedback_per_minute)
    max_candidates = settings.ingest_rank_max_candidates
    routers = (
        create_item_router(
            intake, settings.ingest_max_batch, settings.ingest_max_item_bytes, browsers, windows
        ),
        create_command_router(publisher, ledger),
        create_check_router(),
        create_rank_router(decisions, ranking_metrics, max_candidates, browsers),
        *command_center_routers(settings, intake, publishers, redis, ledger, trainer, windows),
        create_read_router(ledger),
    )
    for router in routers:
        app.include_router(router)
    app.router.routes[:0] = routes_ahead(routers)
    for path, endpoint in create_host(service).routes:
        app.router.routes.append(Route(path, endpoint, include_in_schema=False))
    add_schemas(app)
    _add_error_handlers(app, metrics, settings.ingest_retry_after_s)
    for layer, options in reversed(request_layers(settings, access, tracing.tracer)):
        app.add_middleware(layer, **options)
    return app


def _add_error_handlers(app: FastAPI, metrics: IngestMetrics, retry_after_s: int) -> None:
    unavailable = handle_unavailable(metrics, retry_after_s)
    app.exception_handler(HTTPException)(handle_http_error)
    app.exception_handler(RequestValidationError)(handle_validation_error)
    app.exception_handler(AlreadyPublished)(replay_response)
    app.exception_handler(ShareUsed)(handle_share_used(retry_after_s))
    app.exception_handler(RedisError)(unavailable)
    app.exception_handler(Unavailable)(unavailable)

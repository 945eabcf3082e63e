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

from ingest.access_status import AccessStatus
from ingest.command_routes import (
    ActivationAsked,
    Asked,
    CancelAsked,
    TrainingAsked,
    create_command_router,
)
from ingest.compat_history import HistoryBoard, create_history_router
from ingest.compat_routes import create_compat_router
from ingest.compat_status import StatusBoard, create_status_router
from ingest.decisions import Decisions
from ingest.domain.corrections import Correction
from ingest.domain.identity import Identity
from ingest.domain.pairs import Pair
from ingest.domain.rank_request import RankRequest
from ingest.domain.traces import Trace
from ingest.edge.gate import Gate
from ingest.edge.key_ring import KeyRing
from ingest.edge.origins import Origins
from ingest.edge.packed_answers import PackedAnswers
from ingest.edge.problems import Error, Refused, own_up, say_why
from ingest.edge.queries import name_the_field
from ingest.edge.rate_limit import RateLimit
from ingest.edge.replays import say_it_again
from ingest.edge.request_ids import RequestIds
from ingest.edge.traced_requests import TracedRequests
from ingest.edge.unavailable import come_back_later, read_later
from ingest.edge.whole_bodies import WholeBodies
from ingest.intake import Intake
from ingest.ledger.asking import AskedLedger
from ingest.ledger.backends.database import open_for_reading
from ingest.ledger.backends.reader import SqlLedgerReader
from ingest.metrics import IngestMetrics
from ingest.openapi import add_schemas
from ingest.rank_routes import create_rank_router
from ingest.ranking_metrics import RankingMetrics
from ingest.ranking_status import RankingStatus
from ingest.read_routes import create_read_router
from ingest.routes import create_router
from ingest.scorer_loading import ScorerLoader
from ingest.scorer_watch import ScorerWatch
from ingest.settings import IngestSettings
from ingest.trainer_watch import TrainerWatch
from ratchet.artifacts import ArtifactStore
from ratchet.broker import create_broker, create_redis
from ratchet.events.experience import Experience, Feedback
from ratchet.forgotten import Tombstones
from ratchet.host import create_host
from ratchet.keys import KeyFile
from ratchet.outcomes import Unavailable
from ratchet.publisher import Publisher
from ratchet.ranking.embeddings import embedding_named
from ratchet.receipts import AlreadyPublished
from ratchet.service import Service
from ratchet.streams import COMMANDS, DECISIONS, EXAMPLES, EXPERIENCES, FEEDBACK, TRACES
from ratchet.tracing.tracer import Tracer, create_tracer

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
    ledger = AskedLedger(
        SqlLedgerReader(open_for_reading(settings.ledger_database)),
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

"""`rl-status`, which every open page requests every few seconds."""

import asyncio

from fastapi import APIRouter, Response
from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest.command_center.trainer_watch import TrainerWatch
from ingest.command_center.ttl_cache import TtlCache
from ingest.domain.command_center.figures import StatusFigures
from ingest.domain.command_center.status import RlStatus, rl_status
from ingest.http.problems import ErrorBody, responses
from ledger.reading import AsyncLedger, LedgerReader
from ratchet.contract import Unavailable, utc_now

_STATUS = TypeAdapter(RlStatus)
_TTL_S = 1.0
_REDIS_TIMEOUT_S = 0.5
_RECENT, _RUNS = 50, 20


class StatusPage:
    """Serves what is known: `degraded` names what is unavailable, with the last known figures."""

    def __init__(self, ledger: AsyncLedger, watch: TrainerWatch, redis: Redis) -> None:
        self._ledger = ledger
        self._watch = watch
        self._redis = redis
        self._figures = StatusFigures()

    async def content(self, _: None) -> bytes:
        degraded = []
        try:
            self._figures = await self._ledger.read(_figures)
        except Unavailable as error:
            degraded.append(f"the figures are out of date: {error}")
        if not (connected := await self._connected()):
            degraded.append("Redis is unavailable, and nothing is accepted: start Redis")
        trainer = self._watch.trainer
        if trainer.problem is not None:
            degraded.append(trainer.problem)
        return _STATUS.dump_json(rl_status(self._figures, trainer, connected, degraded, utc_now()))

    async def _connected(self) -> bool:
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT_S):
                return bool(await self._redis.ping())
        except (RedisError, OSError, TimeoutError):
            return False


def create_status_router(page: StatusPage) -> APIRouter:
    router = APIRouter(prefix="/api/layer2", responses=responses(403, model=ErrorBody))
    cache = TtlCache(page.content, _TTL_S)

    @router.get("/rl-status", include_in_schema=False)
    @router.get("/rl-status/", response_model=RlStatus)
    async def rl_status_now() -> Response:
        """What runs and how far each tier has learned; the header Age is the answer's age."""
        content, age_s = await cache.get(None)
        headers = {"Age": str(round(age_s)), "Cache-Control": "no-store"}
        return Response(content, headers=headers, media_type="application/json")

    return router


def _figures(ledger: LedgerReader) -> StatusFigures:
    return StatusFigures(
        counts=ledger.counts(),
        recent=ledger.history(_RECENT),
        runs=ledger.runs(_RUNS),
        trainings=ledger.judged_runs(),
        in_service=ledger.active_model(),
    )

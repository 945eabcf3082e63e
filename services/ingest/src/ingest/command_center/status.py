"""`rl-status`, which every open page asks for every few seconds."""

import asyncio

from fastapi import APIRouter, Response
from pydantic_core import to_json
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest.command_center.status_answer import RlStatus
from ingest.command_center.trainer_watch import TrainerWatch
from ingest.command_center.ttl_cache import Recent
from ingest.domain.command_center.figures import StatusFigures
from ingest.domain.command_center.status import rl_status
from ingest.http.middleware.problems import Error, answers
from ledger.reading import AsyncLedger, LedgerReader
from ratchet.contract import Unavailable, utc_now

_KEPT_S = 1.0
_REDIS_PATIENCE_S = 0.5
_RECENT, _RUNS = 50, 20


class StatusBoard:
    """Serves what it knows: what is away is named in `degraded`, with the last figures known."""

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
            degraded.append(f"figures are those known last: {error}")
        connected = await self._connected()
        if not connected:
            degraded.append("Redis is away: nothing is accepted until it is back")
        trainer = self._watch.trainer
        if trainer.problem is not None:
            degraded.append(trainer.problem)
        return to_json(rl_status(self._figures, trainer, connected, degraded, utc_now()))

    async def _connected(self) -> bool:
        try:
            async with asyncio.timeout(_REDIS_PATIENCE_S):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        return True


def create_status_router(board: StatusBoard) -> APIRouter:
    router = APIRouter(prefix="/api/layer2", responses=answers(403, model=Error))
    recent = Recent(board.content, _KEPT_S)

    @router.get("/rl-status", include_in_schema=False)
    @router.get("/rl-status/", response_model=RlStatus)
    async def rl_status_now() -> Response:
        """What runs and how far each tier has come; the header Age says how old the answer is."""
        content, age_s = await recent.get(None)
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

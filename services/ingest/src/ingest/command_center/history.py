"""`rl-history`, which a page requests once."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import TypeAdapter

from ingest.command_center.trainer_watch import TrainerWatch
from ingest.command_center.ttl_cache import TtlCache
from ingest.domain.command_center.figures import HistoryFigures
from ingest.domain.command_center.history import MOST_INTENTS, MOST_SCENARIOS, RlHistory, rl_history
from ingest.http.problems import ErrorBody, responses
from ledger.reading import MOST_SHOWN, AsyncLedger, LedgerReader

_HISTORY = TypeAdapter(RlHistory)
_TTL_S = 1.0
_DEFAULT_LIMIT = 500
_MOST_CHARACTERISTICS = 1000


class HistoryPage:
    """Reads and serializes the history in the ledger's thread."""

    def __init__(self, ledger: AsyncLedger, watch: TrainerWatch) -> None:
        self._ledger = ledger
        self._watch = watch

    async def content(self, limit: int) -> bytes:
        steps = self._watch.trainer.facts.tier1_scorer.training_steps
        return await self._ledger.read(
            lambda ledger: _HISTORY.dump_json(rl_history(_figures(ledger, limit), steps))
        )


def create_history_router(page: HistoryPage) -> APIRouter:
    router = APIRouter(
        prefix="/api/layer2", responses=responses(400, 403, 422, 503, model=ErrorBody)
    )
    cache = TtlCache(page.content, _TTL_S)

    @router.get("/rl-history", include_in_schema=False)
    @router.get("/rl-history/", response_model=RlHistory)
    async def rl_history_now(limit: Annotated[int, Query(ge=1)] = _DEFAULT_LIMIT) -> Response:
        """The last `limit` answers, at most 2000, with counts over all; Age is the answer's age."""
        content, age_s = await cache.get(min(limit, MOST_SHOWN))
        headers = {"Age": str(round(age_s)), "Cache-Control": "no-store"}
        return Response(content, headers=headers, media_type="application/json")

    return router


def _figures(ledger: LedgerReader, limit: int) -> HistoryFigures:
    return HistoryFigures(
        counts=ledger.counts(),
        shown=ledger.history(limit),
        intents=ledger.most_frequent("intent", MOST_INTENTS),
        scenarios=ledger.most_frequent("scenario", MOST_SCENARIOS),
        characteristics=ledger.most_frequent("characteristic", _MOST_CHARACTERISTICS),
        verdict=ledger.last_verdict(),
    )

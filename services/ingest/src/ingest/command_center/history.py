"""`rl-history`, which a page asks for once."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic_core import to_json

from ingest.command_center.history_answer import RlHistory
from ingest.command_center.trainer_watch import TrainerWatch
from ingest.command_center.ttl_cache import Recent
from ingest.domain.command_center.figures import HistoryFigures
from ingest.domain.command_center.history import MOST_INTENTS, MOST_SCENARIOS, rl_history
from ingest.http.middleware.problems import Error, answers
from ledger.reading import MOST_SHOWN, AsyncLedger, LedgerReader

_KEPT_S = 1.0
_USUALLY = 500
_MOST_CHARACTERISTICS = 1000


class HistoryBoard:
    def __init__(self, ledger: AsyncLedger, watch: TrainerWatch) -> None:
        self._ledger = ledger
        self._watch = watch

    async def content(self, limit: int) -> bytes:
        steps = int(self._watch.trainer.facts.tier1_scorer.get("training_steps", 0))
        return await self._ledger.read(
            lambda ledger: to_json(rl_history(_figures(ledger, limit), steps))
        )


def create_history_router(board: HistoryBoard) -> APIRouter:
    router = APIRouter(prefix="/api/layer2", responses=answers(400, 403, 422, 503, model=Error))
    recent = Recent(board.content, _KEPT_S)

    @router.get("/rl-history", include_in_schema=False)
    @router.get("/rl-history/", response_model=RlHistory)
    async def rl_history_now(limit: Annotated[int, Query(ge=1)] = _USUALLY) -> Response:
        """The last `limit` answers, at most 2000, and counts over all; Age says how old it is."""
        content, age_s = await recent.get(min(limit, MOST_SHOWN))
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

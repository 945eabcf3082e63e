"""The ranking's route: 200 with or without Redis, 413 and 422 for what cannot be ranked."""

import time

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import ValidationError

from ingest.bodies import parse_json, read_body
from ingest.decisions import Decisions
from ingest.domain.items import problems_of
from ingest.domain.rank_request import RankRequest, read_rank_request
from ingest.openapi import just_one
from ingest.rank_answer import RankAnswer
from ingest.ranking_metrics import RankingMetrics
from ingest.routes import Refused, refusal

_MOST_PROBLEMS = 20


def create_rank_router(
    decisions: Decisions, metrics: RankingMetrics, max_candidates: int, max_body_bytes: int
) -> APIRouter:
    router = APIRouter(
        prefix="/v1",
        responses={
            413: {"model": Refused, "description": "More bytes or candidates than allowed"},
            422: {"model": Refused, "description": "Nothing that could be ranked"},
        },
    )

    @router.post("/rank", response_model=RankAnswer, openapi_extra=just_one(RankRequest))
    async def rank_candidates(request: Request) -> Response:
        """Order the widgets that could answer a question; the decision is logged first."""
        try:
            body = await read_body(request, max_body_bytes)
            began = time.perf_counter()
            asked = _asked(body, max_candidates)
        except HTTPException:
            metrics.requests.labels("rejected").inc()
            raise
        answer = RankAnswer.of(await decisions.decide(asked)).model_dump_json()
        metrics.seconds.observe(time.perf_counter() - began)
        return Response(answer, media_type="application/json")

    return router


def _asked(body: bytes, max_candidates: int) -> RankRequest:
    sent = parse_json(body)
    candidates = sent.get("candidates") if isinstance(sent, dict) else None
    if isinstance(candidates, list) and len(candidates) > max_candidates:
        raise HTTPException(413, {"error": f"send at most {max_candidates} candidates at once"})
    try:
        return read_rank_request(sent)
    except ValidationError as error:
        raise refusal(problems_of(error)[:_MOST_PROBLEMS]) from error

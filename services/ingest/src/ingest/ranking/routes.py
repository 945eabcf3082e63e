"""The ranking's route: 200 with or without Redis, 413 and 422 for what cannot be ranked."""

import time

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import ValidationError

from ingest.domain.items import problems_of
from ingest.domain.rank_request import RankRequest, read_rank_request
from ingest.http.bodies import parse_json
from ingest.http.middleware.idempotency import Call, call_of
from ingest.http.middleware.problems import answers, refusal
from ingest.http.openapi import just_one
from ingest.http.plain_route import PlainRoute
from ingest.ranking.answer import RankAnswer
from ingest.ranking.decisions import Answering, Decision, Decisions
from ingest.ranking.metrics import RankingMetrics

_MOST_PROBLEMS = 20


def create_rank_router(
    decisions: Decisions, metrics: RankingMetrics, max_candidates: int
) -> APIRouter:
    router = APIRouter(
        prefix="/v1", route_class=PlainRoute, responses=answers(400, 401, 403, 413, 415, 422)
    )

    @router.post("/rank", response_model=RankAnswer, openapi_extra=just_one(RankRequest))
    async def rank_candidates(request: Request) -> Response:
        """Order the widgets that could answer a question; the decision is logged first."""
        began = time.perf_counter()
        try:
            asked = _asked(await request.body(), max_candidates)
        except HTTPException:
            metrics.requests.labels("rejected").inc()
            raise
        answering = _answering(await call_of(request))
        answer = _written(await decisions.decide(asked, answering))
        metrics.seconds.observe(time.perf_counter() - began)
        return Response(answer, media_type="application/json")

    return router


def _written(decision: Decision) -> str:
    return RankAnswer.of(decision).model_dump_json()


def _answering(call: Call | None) -> Answering | None:
    if call is None:
        return None
    return lambda decision: call.receipt(200, lambda new: _written(decision))


def _asked(body: bytes, max_candidates: int) -> RankRequest:
    sent = parse_json(body)
    candidates = sent.get("candidates") if isinstance(sent, dict) else None
    if isinstance(candidates, list) and len(candidates) > max_candidates:
        raise HTTPException(413, f"send at most {max_candidates} candidates at once")
    try:
        return read_rank_request(sent)
    except ValidationError as error:
        raise refusal(problems_of(error)[:_MOST_PROBLEMS]) from error

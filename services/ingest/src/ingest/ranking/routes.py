"""The route for rankings: 200 with or without Redis, 413 and 422 for invalid requests."""

import time
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import ValidationError

from ingest.domain.items import validation_problems
from ingest.domain.rank_request import RankRequest, read_rank_request
from ingest.http.bodies import json_of, single
from ingest.http.idempotency import idempotent_request
from ingest.http.openapi import just_one
from ingest.http.problems import invalid_items, responses
from ingest.http.route_classes import PlainRoute
from ingest.ranking.answer import RankAnswer
from ingest.ranking.decisions import Decision, Decisions
from ingest.ranking.metrics import RankMetrics
from ratchet_edge.call_limit import CallLimit
from ratchet_edge.clients import client_of

_MOST_PROBLEMS = 20


def create_rank_router(
    decisions: Decisions, metrics: RankMetrics, max_candidates: int, call_limit: CallLimit
) -> APIRouter:
    router = APIRouter(
        prefix="/v1", route_class=PlainRoute, responses=responses(400, 401, 403, 413, 415, 422, 429)
    )

    @router.post("/rank", response_model=RankAnswer, openapi_extra=just_one(RankRequest))
    async def rank_candidates(request: Request) -> Response:
        """Order the widgets that could answer a question; the decision is logged first."""
        await call_limit.check_browser(request)
        began = time.perf_counter()
        try:
            rank_request = _rank_request(single(await json_of(request)), max_candidates)
        except HTTPException:
            metrics.requests.labels("rejected").inc()
            raise
        idempotent = await idempotent_request(request)
        decision = await decisions.make(rank_request)
        record = idempotent.record(200, _body(decision)) if idempotent else None
        decision = await decisions.log(decision, client_of(request.scope), record)
        body = _body(decision)
        metrics.seconds.observe(time.perf_counter() - began)
        return Response(body, media_type="application/json")

    return router


def _body(decision: Decision) -> str:
    return RankAnswer.of(decision).model_dump_json()


def _rank_request(value: Any, max_candidates: int) -> RankRequest:
    """Raises `HTTPException` 422 or 413."""
    candidates = value.get("candidates") if isinstance(value, dict) else None
    if isinstance(candidates, list) and len(candidates) > max_candidates:
        raise HTTPException(413, f"send at most {max_candidates} candidates at once")
    try:
        return read_rank_request(value)
    except ValidationError as error:
        raise invalid_items(validation_problems(error)[:_MOST_PROBLEMS]) from error

"""The feedback route that the Command Center's page and its evaluator call."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, Field

from ingest.domain.items import ItemProblem
from ingest.domain.judge_repairs import without_invalid_parts
from ingest.feedback_windows import FeedbackWindows
from ingest.http.bodies import json_of, single
from ingest.http.idempotency import idempotent_request
from ingest.http.openapi import just_one
from ingest.http.problems import ErrorBody, invalid_items, responses
from ingest.http.route_classes import PlainRoute
from ingest.intake import Intake
from ratchet.contract import Feedback
from ratchet_edge.access import Scope
from ratchet_edge.call_limit import CallLimit
from ratchet_edge.clients import client_of
from ratchet_text import identifier


class FeedbackUpdated(BaseModel):
    """`updated` is false for feedback that came too late to count.

    `warnings`, absent if there are none, names fields that were ignored or await approval.
    """

    status: Literal["ok"] = "ok"
    updated: bool = True
    warnings: list[ItemProblem] = Field(default=[], exclude_if=lambda warnings: not warnings)


def create_feedback_router(
    intake: Intake, call_limit: CallLimit, windows: FeedbackWindows
) -> APIRouter:
    router = APIRouter(
        prefix="/api/layer2",
        route_class=PlainRoute,
        responses=responses(400, 403, 413, 415, 422, 429, 503, model=ErrorBody),
    )

    @router.post("/feedback", include_in_schema=False)
    @router.post(
        "/feedback/",
        response_model=FeedbackUpdated,
        openapi_extra=just_one(Feedback, query_id={"type": "string", "format": "uuid"}),
    )
    async def receive_feedback(request: Request) -> Response:
        """Receive feedback on one experience; the experience may arrive later."""
        await call_limit.check(request)
        item = await _feedback_item(request)
        idempotent = await idempotent_request(request)
        may_teach = client_of(request.scope).may(Scope.TEACH)
        item, ignored = without_invalid_parts(item)
        batch = await intake.feedback([item], may_teach)
        # The page shows no warning and has one key: its operators' text waits without one.
        warnings = [warning for warning in batch.warnings if warning.field != "correction"]
        late = await windows.too_late(batch)
        updated = FeedbackUpdated(updated=not late, warnings=[*late, *ignored, *warnings])
        answer = updated.model_dump_json()
        record = idempotent.record(200, answer) if idempotent else None
        await intake.publish(batch, client_of(request.scope), record)
        if batch.problems:
            raise invalid_items(batch.problems, 400)
        return Response(answer, media_type="application/json")

    return router


async def _feedback_item(request: Request) -> dict[str, Any]:
    """Raises `HTTPException` 400 unless the body is a JSON object with a UUID as `query_id`."""
    try:
        item = single(await json_of(request))
    except HTTPException as error:
        raise HTTPException(400, error.detail) from error
    if not isinstance(item, dict):
        raise HTTPException(400, "body: must be a JSON object")
    query_id = item.get("query_id")
    try:
        UUID(identifier(query_id if isinstance(query_id, str) else ""))
    except ValueError as error:
        raise HTTPException(400, "query_id: must be the UUID of the answer") from error
    return item

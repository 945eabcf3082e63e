"""Routes that accept items: 202 means durable, 422 names the fields, 503 carries Retry-After."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, Field

from ingest.domain.corrections import Correction
from ingest.domain.item_size import without_large
from ingest.domain.items import ItemProblem
from ingest.domain.pairs import Pair
from ingest.domain.traces import Trace
from ingest.event_batch import EventBatch
from ingest.feedback_windows import FeedbackWindows
from ingest.http.bodies import json_of
from ingest.http.idempotency import idempotent_request, replay
from ingest.http.openapi import one_or_many
from ingest.http.problems import invalid_items, responses
from ingest.http.route_classes import PlainRoute
from ingest.intake import Intake
from ratchet.contract import Experience, Feedback
from ratchet.delivery import AlreadyPublished, IdempotencyRecord
from ratchet_edge.access import Scope
from ratchet_edge.call_limit import CallLimit
from ratchet_edge.clients import client_of

Route = TypeVar("Route", bound=Callable[..., Any])
_LARGE_BODY = 1 << 20
Read = Callable[[list[Any]], Awaitable[EventBatch]]


class ItemsAccepted(BaseModel):
    """`repeated` counts accepted items whose event id was known; `problems` names the others.

    `warnings`, absent if there are none, names the fields of accepted items that were ignored,
    await approval or came too late to count.
    """

    accepted: int
    repeated: int = 0
    problems: list[ItemProblem] = []
    warnings: list[ItemProblem] = Field(default=[], exclude_if=lambda warnings: not warnings)


def create_item_router(
    intake: Intake,
    max_batch: int,
    max_item_bytes: int,
    call_limit: CallLimit,
    windows: FeedbackWindows,
) -> APIRouter:
    router = APIRouter(
        prefix="/v1",
        route_class=PlainRoute,
        responses=responses(400, 401, 403, 413, 415, 422, 429, 503),
    )

    async def accept(read: Read, request: Request) -> Response:
        items = _items(await json_of(request), max_batch)
        # The size of every event is checked anyway. What is far beyond it is not even validated.
        if len(await request.body()) > _LARGE_BODY:
            items = without_large(items, max_item_bytes)
        idempotent = await idempotent_request(request)
        batch = await read(items)
        problems, warnings = list(batch.problems), list(batch.warnings)
        answer = ItemsAccepted(accepted=len(batch.events), problems=problems, warnings=warnings)
        record = idempotent.record(202, answer.model_dump_json()) if idempotent else None
        try:
            answer.repeated = await intake.publish(batch, client_of(request.scope), record)
        except AlreadyPublished as earlier:
            return replay(request, earlier.record, answer_of(earlier.record))
        if batch.problems and not batch.events:
            raise invalid_items(batch.problems)
        return Response(answer.model_dump_json(), 202, media_type="application/json")

    def route(path: str, item: type[BaseModel]) -> Callable[[Route], Route]:
        return router.post(
            path, status_code=202, response_model=ItemsAccepted, openapi_extra=one_or_many(item)
        )

    @route("/experiences", Experience)
    async def record_experiences(request: Request) -> Response:
        """Record one answered question, or an array of them."""
        return await accept(lambda items: intake.experiences(items, _may_teach(request)), request)

    @route("/feedback", Feedback)
    async def receive_feedback(request: Request) -> Response:
        """Receive feedback on an experience, or an array of it; the experience may arrive later."""
        await call_limit.check_browser(request)

        async def read(items: list[Any]) -> EventBatch:
            batch = await intake.feedback(items, _may_teach(request))
            return replace(batch, warnings=(*batch.warnings, *await windows.too_late(batch)))

        return await accept(read, request)

    @route("/corrections", Correction)
    async def receive_corrections(request: Request) -> Response:
        """Receive the correction of an answer, or an array of corrections."""
        return await accept(intake.corrections, request)

    @route("/traces", Trace)
    async def capture_traces(request: Request) -> Response:
        """Capture a teacher's answer to a prompt as training data, or an array of them."""
        return await accept(intake.traces, request)

    @route("/pairs", Pair)
    async def import_pairs(request: Request) -> Response:
        """Import a pair of answers to one question as training data, or an array of pairs."""
        return await accept(intake.pairs, request)

    return router


def _may_teach(request: Request) -> bool:
    return client_of(request.scope).may(Scope.TEACH)


def answer_of(record: IdempotencyRecord) -> str:
    """The stored answer, with the count that was known only inside the transaction."""
    if not record.repeated:
        return record.body
    answer = ItemsAccepted.model_validate_json(record.body)
    return answer.model_copy(update={"repeated": len(record.repeated)}).model_dump_json()


def _items(value: Any, max_batch: int) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    if not items:
        raise HTTPException(422, "body: send at least one item")
    if len(items) > max_batch:
        raise HTTPException(413, f"send at most {max_batch} items at once")
    return items

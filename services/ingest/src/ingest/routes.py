"""The versioned HTTP API: 202 means durable, 422 names the field, 503 says when to come back."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from ingest.accepted import Accepted
from ingest.bodies import parse_json
from ingest.domain.corrections import Correction
from ingest.domain.pairs import Pair
from ingest.domain.traces import Trace
from ingest.edge.problems import answers
from ingest.edge.replays import Call, call_of
from ingest.intake import Answer, Intake, Taken
from ingest.openapi import one_or_many
from ratchet.events.experience import Experience, Feedback

Route = TypeVar("Route", bound=Callable[..., Any])
Take = Callable[[list[Any], Answer | None], Awaitable[Taken]]


def create_router(intake: Intake, max_batch: int) -> APIRouter:
    router = APIRouter(prefix="/v1", responses=answers(400, 401, 403, 413, 415, 422, 503))

    async def items(request: Request) -> list[Any]:
        return await _items(request, max_batch)

    Items = Annotated[list[Any], Depends(items)]
    Once = Annotated[Call | None, Depends(call_of)]

    @router.post(
        "/experiences",
        status_code=202,
        response_model=Accepted,
        openapi_extra=one_or_many(Experience),
    )
    async def record_experiences(items: Items, call: Once) -> Response:
        """Record one answered question, or an array of them."""
        return await _taken(intake.experiences, items, call)

    @router.post(
        "/feedback", status_code=202, response_model=Accepted, openapi_extra=one_or_many(Feedback)
    )
    async def receive_feedback(items: Items, call: Once) -> Response:
        """Receive one reaction, or an array of them; the experience may come later."""
        return await _taken(intake.feedback, items, call)

    @router.post(
        "/corrections",
        status_code=202,
        response_model=Accepted,
        openapi_extra=one_or_many(Correction),
    )
    async def receive_corrections(items: Items, call: Once) -> Response:
        """Receive what an answer should have been, or an array of such corrections."""
        return await _taken(intake.corrections, items, call)

    @router.post(
        "/traces", status_code=202, response_model=Accepted, openapi_extra=one_or_many(Trace)
    )
    async def capture_traces(items: Items, call: Once) -> Response:
        """Capture a teacher's answer to a prompt, or an array of them, to learn from."""
        return await _taken(intake.traces, items, call)

    @router.post(
        "/pairs", status_code=202, response_model=Accepted, openapi_extra=one_or_many(Pair)
    )
    async def import_pairs(items: Items, call: Once) -> Response:
        """Take in a pair of answers to one question, or an array of them, to learn from."""
        return await _taken(intake.pairs, items, call)

    return router


async def _taken(take: Take, items: list[Any], call: Call | None) -> Response:
    def written(taken: Taken) -> str:
        return Accepted.of(taken).model_dump_json()

    answer = Answer(call, 202, written) if call else None
    return Response(written(await take(items, answer)), 202, media_type="application/json")


async def _items(request: Request, max_batch: int) -> list[Any]:
    sent = parse_json(await request.body())
    items = sent if isinstance(sent, list) else [sent]
    if not items:
        raise HTTPException(422, "body: send at least one item")
    if len(items) > max_batch:
        raise HTTPException(413, f"send at most {max_batch} items at once")
    return items

"""The versioned HTTP API: 202 means durable, 422 names the field, 503 says when to come back."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel

from ingest.domain.corrections import Correction
from ingest.domain.pairs import Pair
from ingest.domain.traces import Trace
from ingest.http.accepted import Accepted
from ingest.http.bodies import parse_json
from ingest.http.middleware.idempotency import call_of
from ingest.http.middleware.problems import answers
from ingest.http.openapi import one_or_many
from ingest.http.plain_route import PlainRoute
from ingest.intake import Answer, Intake, Taken
from ratchet.contract import Experience, Feedback

Route = TypeVar("Route", bound=Callable[..., Any])
Take = Callable[[list[Any], Answer | None], Awaitable[Taken]]


def create_router(intake: Intake, max_batch: int) -> APIRouter:
    router = APIRouter(
        prefix="/v1", route_class=PlainRoute, responses=answers(400, 401, 403, 413, 415, 422, 503)
    )

    async def taken(take: Take, request: Request) -> Response:
        items = _items(await request.body(), max_batch)
        call = await call_of(request)
        answer = Answer(call, 202, _written) if call else None
        return Response(_written(await take(items, answer)), 202, media_type="application/json")

    def route(path: str, item: type[BaseModel]) -> Callable[[Route], Route]:
        return router.post(
            path, status_code=202, response_model=Accepted, openapi_extra=one_or_many(item)
        )

    @route("/experiences", Experience)
    async def record_experiences(request: Request) -> Response:
        """Record one answered question, or an array of them."""
        return await taken(intake.experiences, request)

    @route("/feedback", Feedback)
    async def receive_feedback(request: Request) -> Response:
        """Receive one reaction, or an array of them; the experience may come later."""
        return await taken(intake.feedback, request)

    @route("/corrections", Correction)
    async def receive_corrections(request: Request) -> Response:
        """Receive what an answer should have been, or an array of such corrections."""
        return await taken(intake.corrections, request)

    @route("/traces", Trace)
    async def capture_traces(request: Request) -> Response:
        """Capture a teacher's answer to a prompt, or an array of them, to learn from."""
        return await taken(intake.traces, request)

    @route("/pairs", Pair)
    async def import_pairs(request: Request) -> Response:
        """Take in a pair of answers to one question, or an array of them, to learn from."""
        return await taken(intake.pairs, request)

    return router


def _written(taken: Taken) -> str:
    return Accepted.of(taken).model_dump_json()


def _items(body: bytes, max_batch: int) -> list[Any]:
    sent = parse_json(body)
    items = sent if isinstance(sent, list) else [sent]
    if not items:
        raise HTTPException(422, "body: send at least one item")
    if len(items) > max_batch:
        raise HTTPException(413, f"send at most {max_batch} items at once")
    return items

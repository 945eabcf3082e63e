"""The versioned HTTP API: 202 means durable, 422 names the field, 503 says when to come back."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from ingest.bodies import parse_json, read_body
from ingest.domain.items import Problem
from ingest.domain.pairs import Pair
from ingest.domain.traces import Trace
from ingest.intake import Intake, Taken
from ingest.openapi import one_or_many
from ratchet.events.experience import Experience, Feedback


class ProblemOut(BaseModel):
    """`index` counts the items of the request from 0."""

    index: int
    field: str
    message: str


class Accepted(BaseModel):
    """`problems` is empty when everything was accepted; `repeated` items were known before."""

    accepted: int
    repeated: int = 0
    problems: list[ProblemOut] = Field(default_factory=list)


class Refused(BaseModel):
    error: str
    problems: list[ProblemOut] = Field(default_factory=list)


def create_router(intake: Intake, max_batch: int, max_body_bytes: int) -> APIRouter:
    router = APIRouter(
        prefix="/v1",
        responses={
            413: {"model": Refused, "description": "More bytes or items than one request may have"},
            422: {"model": Refused, "description": "Nothing could be accepted"},
            503: {"model": Refused, "description": "Redis is away or full; see Retry-After"},
        },
    )

    async def items(request: Request) -> list[Any]:
        return await _items(request, max_batch, max_body_bytes)

    Items = Annotated[list[Any], Depends(items)]

    @router.post("/experiences", status_code=202, openapi_extra=one_or_many(Experience))
    async def record_experiences(items: Items, response: Response) -> Accepted:
        """Record one answered question, or an array of them."""
        return _answer(await intake.experiences(items))

    @router.post("/feedback", status_code=202, openapi_extra=one_or_many(Feedback))
    async def receive_feedback(items: Items) -> Accepted:
        """Receive one reaction, or an array of them; the experience may come later."""
        return _answer(await intake.feedback(items))

    @router.post("/traces", status_code=202, openapi_extra=one_or_many(Trace))
    async def capture_traces(items: Items) -> Accepted:
        """Capture a teacher's answer to a prompt, or an array of them, to learn from."""
        return _answer(await intake.traces(items))

    @router.post("/pairs", status_code=202, openapi_extra=one_or_many(Pair))
    async def import_pairs(items: Items) -> Accepted:
        """Take in a pair of answers to one question, or an array of them, to learn from."""
        return _answer(await intake.pairs(items))

    return router


def _answer(found: Taken[Any]) -> Accepted:
    if found.problems and not found.accepted:
        raise refusal(found.problems)
    problems = _out(found.problems)
    return Accepted(accepted=found.accepted, repeated=found.repeated, problems=problems)


def refusal(problems: Sequence[Problem]) -> HTTPException:
    """422 that names every problem, of which there is at least one, and the first in short."""
    error = f"{problems[0].field or 'body'}: {problems[0].message}"
    return HTTPException(422, Refused(error=error, problems=_out(problems)).model_dump())


def _out(problems: Sequence[Problem]) -> list[ProblemOut]:
    return [ProblemOut(index=p.index, field=p.field, message=p.message) for p in problems]


async def _items(request: Request, max_batch: int, max_body_bytes: int) -> list[Any]:
    sent = parse_json(await read_body(request, max_body_bytes))
    items = sent if isinstance(sent, list) else [sent]
    if not items:
        raise HTTPException(422, {"error": "body: send at least one item"})
    if len(items) > max_batch:
        raise HTTPException(413, {"error": f"send at most {max_batch} items at once"})
    return items

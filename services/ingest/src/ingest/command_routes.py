"""What a person asks for over HTTP: 202 means that the request is durable."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.bodies import parse_json
from ingest.domain.items import problems_of
from ingest.edge.problems import answers, refusal
from ingest.edge.replays import Call, call_of
from ingest.intake import new_id
from ingest.openapi import just_one
from ingest.ports import Publisher
from ratchet.events.base import Event, utc_now
from ratchet.events.command import (
    ActivationRequested,
    CancelRequested,
    RollbackRequested,
    TrainingRequested,
)
from ratchet.events.run import Method


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    requested_by: str = Field(min_length=1, max_length=256)
    reason: str = Field(default="", max_length=500)


class TrainingAsked(Asked):
    """Without a `method`, the trainer chooses one."""

    method: Method | None = None


class CancelAsked(Asked):
    """Without a `run_id`, the run that is open when this is asked."""

    run_id: str | None = Field(default=None, min_length=1, max_length=256)


class ActivationAsked(Asked):
    version: str = Field(min_length=1, max_length=256)


class Requested(BaseModel):
    status: Literal["requested"] = "requested"
    event_id: str


A = TypeVar("A", bound=Asked)
Route = TypeVar("Route", bound=Callable[..., Any])


def create_command_router(publisher: Publisher) -> APIRouter:
    router = APIRouter(prefix="/v1/commands", responses=answers(400, 401, 403, 413, 415, 422, 503))
    Once = Annotated[Call | None, Depends(call_of)]

    def route(path: str, asked: type[Asked]) -> Callable[[Route], Route]:
        return router.post(
            path, status_code=202, response_model=Requested, openapi_extra=just_one(asked)
        )

    @route("/training", TrainingAsked)
    async def request_training(request: Request, call: Once) -> Response:
        """Ask for a training run now, whatever the cool-down says."""
        return await _publish(TrainingRequested, await _asked(request, TrainingAsked), call)

    @route("/cancel", CancelAsked)
    async def request_cancel(request: Request, call: Once) -> Response:
        """Ask to end a training run; the examples it was to learn from go on waiting."""
        return await _publish(CancelRequested, await _asked(request, CancelAsked), call)

    @route("/activation", ActivationAsked)
    async def request_activation(request: Request, call: Once) -> Response:
        """Ask that a registered version serve; the exporter's `/status` says what became of it."""
        return await _publish(ActivationRequested, await _asked(request, ActivationAsked), call)

    @route("/rollback", Asked)
    async def request_rollback(request: Request, call: Once) -> Response:
        """Ask that the version before the active one serve again."""
        return await _publish(RollbackRequested, await _asked(request, Asked), call)

    async def _publish(command: type[Event], asked: Asked, call: Call | None) -> Response:
        event = command.model_validate(
            {"event_id": new_id(), "occurred_at": utc_now(), **asked.model_dump()}
        )
        answer = Requested(event_id=event.event_id).model_dump_json()
        receipt = call.receipt(202, lambda new: answer) if call else None
        await publisher.publish([event], receipt=receipt)
        return Response(answer, 202, media_type="application/json")

    return router


async def _asked(request: Request, model: type[A]) -> A:
    try:
        return model.model_validate(parse_json(await request.body()))
    except ValidationError as error:
        raise refusal(problems_of(error)) from error

"""What a person asks for over HTTP: 202 means that the request is durable."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.domain.items import problems_of
from ingest.http.bodies import parse_json
from ingest.http.middleware.idempotency import call_of
from ingest.http.middleware.problems import answers, refusal
from ingest.http.openapi import just_one
from ingest.http.plain_route import PlainRoute
from ingest.ports import Publisher
from ratchet.contract import (
    ActivationRequested,
    CancelRequested,
    Event,
    Method,
    RollbackRequested,
    TrainingRequested,
    new_id,
    utc_now,
)


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


Route = TypeVar("Route", bound=Callable[..., Any])


def create_command_router(publisher: Publisher) -> APIRouter:
    router = APIRouter(
        prefix="/v1/commands",
        route_class=PlainRoute,
        responses=answers(400, 401, 403, 413, 415, 422, 503),
    )

    async def asked(request: Request, model: type[Asked], command: type[Event]) -> Response:
        told = _told(await request.body(), model)
        event = command.model_validate(
            {"event_id": new_id(), "occurred_at": utc_now(), **told.model_dump()}
        )
        answer = Requested(event_id=event.event_id).model_dump_json()
        call = await call_of(request)
        receipt = call.receipt(202, lambda new: answer) if call else None
        await publisher.publish([event], receipt=receipt)
        return Response(answer, 202, media_type="application/json")

    def route(path: str, model: type[Asked]) -> Callable[[Route], Route]:
        return router.post(
            path, status_code=202, response_model=Requested, openapi_extra=just_one(model)
        )

    @route("/training", TrainingAsked)
    async def request_training(request: Request) -> Response:
        """Ask for a training run now, whatever the cool-down says."""
        return await asked(request, TrainingAsked, TrainingRequested)

    @route("/cancel", CancelAsked)
    async def request_cancel(request: Request) -> Response:
        """Ask to end a training run; the examples it was to learn from go on waiting."""
        return await asked(request, CancelAsked, CancelRequested)

    @route("/activation", ActivationAsked)
    async def request_activation(request: Request) -> Response:
        """Ask that a registered version serve; the exporter's `/status` says what became of it."""
        return await asked(request, ActivationAsked, ActivationRequested)

    @route("/rollback", Asked)
    async def request_rollback(request: Request) -> Response:
        """Ask that the version before the active one serve again."""
        return await asked(request, Asked, RollbackRequested)

    return router


def _told(body: bytes, model: type[Asked]) -> Asked:
    try:
        return model.model_validate(parse_json(body))
    except ValidationError as error:
        raise refusal(problems_of(error)) from error

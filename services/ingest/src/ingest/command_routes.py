"""What a person asks for over HTTP: 202 means that the request is durable."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ingest.intake import new_id
from ingest.ports import Publisher
from ingest.routes import Refused
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


def create_command_router(publisher: Publisher) -> APIRouter:
    router = APIRouter(
        prefix="/v1/commands",
        responses={
            422: {"model": Refused, "description": "Nothing that could be asked for"},
            503: {"model": Refused, "description": "Redis is away or full; see Retry-After"},
        },
    )

    @router.post("/training", status_code=202)
    async def request_training(asked: TrainingAsked) -> Requested:
        """Ask for a training run now, whatever the cool-down says."""
        return await _publish(TrainingRequested, asked)

    @router.post("/cancel", status_code=202)
    async def request_cancel(asked: CancelAsked) -> Requested:
        """Ask to end a training run; the examples it was to learn from go on waiting."""
        return await _publish(CancelRequested, asked)

    @router.post("/activation", status_code=202)
    async def request_activation(asked: ActivationAsked) -> Requested:
        """Ask that a registered version serve; the exporter's `/status` says what became of it."""
        return await _publish(ActivationRequested, asked)

    @router.post("/rollback", status_code=202)
    async def request_rollback(asked: Asked) -> Requested:
        """Ask that the version before the active one serve again."""
        return await _publish(RollbackRequested, asked)

    async def _publish(command: type[Event], asked: Asked) -> Requested:
        event = command.model_validate(
            {"event_id": new_id(), "occurred_at": utc_now(), **asked.model_dump()}
        )
        await publisher.publish([event])
        return Requested(event_id=event.event_id)

    return router

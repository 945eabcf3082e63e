"""Routes for operators' commands: 202 means that the command is durable."""

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field

from ingest.domain.corrections import approvals
from ingest.http.idempotency import Idempotent, IdempotentRequest
from ingest.http.problems import responses
from ingest.http.route_classes import JsonRoute
from ledger.reading import AsyncLedger, plain
from ratchet.contract import (
    ActivationRequested,
    CancelRequested,
    Event,
    Method,
    OtherId,
    QueryId,
    RollbackRequested,
    TrainingRequested,
    utc_now,
)
from ratchet.delivery import Publisher, new_id
from ratchet_edge.room import ClientPublisher


class CommandBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    requested_by: str = Field(min_length=1, max_length=256)
    reason: str = Field(default="", max_length=500)

    def event(self, command: type[Event]) -> Event:
        """A `command` with these fields, a new id and the current time."""
        return command.model_validate(
            {"event_id": new_id(), "occurred_at": utc_now(), **self.model_dump()}
        )


class TrainingBody(CommandBody):
    """Without a `method`, the trainer chooses one."""

    method: Method | None = None


class CancelBody(CommandBody):
    """Without a `run_id`, the command is about the run that is open now."""

    run_id: OtherId | None = Field(default=None, min_length=1)


class ActivationBody(CommandBody):
    version: str = Field(min_length=1, max_length=256)


class CorrectionsBody(CommandBody):
    """Without `event_ids`, every correction of the answer that waits is approved."""

    query_id: QueryId
    event_ids: list[str] | None = Field(default=None, min_length=1, max_length=1000)


class CorrectionsApproved(BaseModel):
    """`event_ids` are those of the new feedback events."""

    status: Literal["approved"] = "approved"
    event_ids: list[str]


class CommandAccepted(BaseModel):
    status: Literal["requested"] = "requested"
    event_id: str


async def publish_commands(
    publisher: Publisher | ClientPublisher,
    events: Sequence[Event],
    status: int,
    answer: BaseModel,
    idempotent: IdempotentRequest | None,
) -> Response:
    """Publishes `events` with their answer; returns the answer, as a replay will."""
    body = answer.model_dump_json()
    record = idempotent.record(status, body) if idempotent else None
    await publisher.publish(events, record=record)
    return Response(body, status, media_type="application/json")


def create_command_router(publisher: Publisher, ledger: AsyncLedger) -> APIRouter:
    router = APIRouter(
        prefix="/v1/commands",
        route_class=JsonRoute,
        responses=responses(400, 401, 403, 413, 415, 422, 429, 503),
    )

    async def accept(event: Event, idempotent: IdempotentRequest | None) -> Response:
        answer = CommandAccepted(event_id=event.event_id)
        return await publish_commands(publisher, [event], 202, answer, idempotent)

    @router.post("/training", status_code=202, response_model=CommandAccepted)
    async def request_training(body: TrainingBody, idempotent: Idempotent) -> Response:
        """Request a training run now, even during the cool-down."""
        return await accept(body.event(TrainingRequested), idempotent)

    @router.post("/cancel", status_code=202, response_model=CommandAccepted)
    async def request_cancel(body: CancelBody, idempotent: Idempotent) -> Response:
        """Request the end of a training run; its examples remain available for the next run."""
        return await accept(body.event(CancelRequested), idempotent)

    @router.post("/activation", status_code=202, response_model=CommandAccepted)
    async def request_activation(body: ActivationBody, idempotent: Idempotent) -> Response:
        """Request the activation of a version; the exporter's `/status` has the result."""
        return await accept(body.event(ActivationRequested), idempotent)

    @router.post("/rollback", status_code=202, response_model=CommandAccepted)
    async def request_rollback(body: CommandBody, idempotent: Idempotent) -> Response:
        """Request the activation of the version before the active one."""
        return await accept(body.event(RollbackRequested), idempotent)

    @router.post(
        "/corrections",
        status_code=202,
        response_model=CorrectionsApproved,
        responses=responses(404),
    )
    async def approve_corrections(body: CorrectionsBody, idempotent: Idempotent) -> Response:
        """Let corrections of one answer teach that came from a key without the scope `teach`."""
        story = await ledger.read(lambda reader: reader.experience(plain(body.query_id)))
        chosen = frozenset(body.event_ids) if body.event_ids is not None else None
        recorded = [event.body for event in story.facts] if story else []
        events = approvals(recorded, body.requested_by, chosen)
        if not events:
            raise HTTPException(
                404,
                f"no correction of {body.query_id} waits for approval; if it was sent just now, "
                "repeat the request in a few seconds",
            )
        answer = CorrectionsApproved(event_ids=[event.event_id for event in events])
        return await publish_commands(publisher, events, 202, answer, idempotent)

    return router

"""The route behind the page's button that approves a training run."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ingest.http.command_routes import publish_commands
from ingest.http.idempotency import Idempotent
from ingest.http.problems import ErrorBody, responses
from ratchet.contract import TrainingRequested, utc_now
from ratchet.delivery import new_id
from ratchet_edge.call_limit import CallLimit
from ratchet_edge.clients import client_of
from ratchet_edge.room import ClientPublishers

APPROVAL_PATHS = ("/api/layer2/approve-training", "/api/layer2/approve-training/")
MAX_APPROVAL_BYTES = 256
"""Room for the small JSON object that a page may send."""


class TrainingApproved(BaseModel):
    status: Literal["approved"] = "approved"
    event_id: str


def create_approval_router(publishers: ClientPublishers, call_limit: CallLimit) -> APIRouter:
    router = APIRouter(responses=responses(400, 403, 413, 415, 422, 429, 503, model=ErrorBody))
    plain, slashed = APPROVAL_PATHS

    @router.post(plain, include_in_schema=False)
    @router.post(slashed, response_model=TrainingApproved)
    async def approve_training(request: Request, idempotent: Idempotent) -> Response:
        """Request a training run now; no body is needed."""
        await call_limit.check(request)
        client = client_of(request.scope)
        event = TrainingRequested(
            event_id=new_id(),
            occurred_at=utc_now(),
            requested_by=client.name or "the page",
            reason="approved on the page",
        )
        answer = TrainingApproved(event_id=event.event_id)
        return await publish_commands(publishers.of(client), [event], 200, answer, idempotent)

    return router

"""What the Command Center's page and its evaluator call, as they call it."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel

from ingest.http.bodies import parse_json
from ingest.http.middleware.authentication import client_of
from ingest.http.middleware.idempotency import call_of
from ingest.http.middleware.problems import Error, answers, refusal
from ingest.http.middleware.rate_limit import RateLimit
from ingest.http.openapi import just_one
from ingest.http.plain_route import PlainRoute
from ingest.intake import Answer, Intake, Taken
from ingest.ports import Publisher
from ratchet.contract import Feedback, TrainingRequested, new_id, utc_now


class Updated(BaseModel):
    status: Literal["ok"] = "ok"
    updated: Literal[True] = True


class Approved(BaseModel):
    status: Literal["approved"] = "approved"
    event_id: str


def create_compat_router(
    intake: Intake, publisher: Publisher, limit: RateLimit, per_minute: int
) -> APIRouter:
    router = APIRouter(
        prefix="/api/layer2",
        route_class=PlainRoute,
        responses=answers(400, 403, 413, 415, 422, 503, model=Error),
    )

    async def in_turn(request: Request) -> None:
        client = client_of(request.scope)
        most = (client.key and client.key.per_minute) or per_minute
        wait_s = await limit.wait_s(client.id, most)
        if wait_s:
            raise HTTPException(
                429,
                f"at most {most} a minute; come back in {wait_s} s",
                {"Retry-After": str(wait_s)},
            )

    @router.post("/feedback", include_in_schema=False)
    @router.post(
        "/feedback/",
        response_model=Updated,
        responses=answers(429, model=Error),
        openapi_extra=just_one(Feedback, query_id={"type": "string", "format": "uuid"}),
    )
    async def receive_feedback(request: Request) -> Response:
        """Receive what a person or the judge says of one answer, which may come later."""
        await in_turn(request)
        sent = _of_an_answer(parse_or_400(await request.body()))
        body = Updated().model_dump_json()

        def written(taken: Taken) -> str:
            if taken.problems:
                raise refusal(taken.problems, 400)
            return body

        call = await call_of(request)
        answer = Answer(call, 200, written) if call else None
        written(await intake.feedback([sent], answer))
        return Response(body, media_type="application/json")

    @router.post("/approve-training", include_in_schema=False)
    @router.post("/approve-training/", response_model=Approved)
    async def approve_training(request: Request) -> Response:
        """Ask for a training run now; a body is not needed and not read."""
        event = TrainingRequested(
            event_id=new_id(),
            occurred_at=utc_now(),
            requested_by=client_of(request.scope).name or "the page",
            reason="approved on the page",
        )
        body = Approved(event_id=event.event_id).model_dump_json()
        call = await call_of(request)
        receipt = call.receipt(200, lambda new: body) if call else None
        await publisher.publish([event], receipt=receipt)
        return Response(body, media_type="application/json")

    return router


def parse_or_400(body: bytes) -> Any:
    try:
        return parse_json(body)
    except HTTPException as error:
        raise HTTPException(400, error.detail) from error


def _of_an_answer(sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise HTTPException(400, "body: must be a JSON object")
    query_id = sent.get("query_id")
    try:
        UUID(query_id if isinstance(query_id, str) else "")
    except ValueError as error:
        raise HTTPException(400, "query_id: must be a UUID, that of the answer") from error
    return sent

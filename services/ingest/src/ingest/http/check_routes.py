"""The route that checks an answer before it is spoken; it stores nothing and needs no Redis."""

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from ingest.domain.answer_check import CheckedAnswer, CheckRequest, checked
from ingest.domain.items import validation_problems
from ingest.http.bodies import json_of, single
from ingest.http.openapi import just_one
from ingest.http.problems import invalid_items, responses
from ingest.http.route_classes import PlainRoute


def create_check_router() -> APIRouter:
    router = APIRouter(
        prefix="/v1", route_class=PlainRoute, responses=responses(400, 401, 403, 413, 415, 422)
    )

    @router.post("/check", response_model=CheckedAnswer, openapi_extra=just_one(CheckRequest))
    async def check_answer(request: Request) -> Response:
        """Judge whether an answer is true to its readings, and give the answer that they give."""
        try:
            wanted = CheckRequest.model_validate(single(await json_of(request)))
        except ValidationError as error:
            raise invalid_items(validation_problems(error)) from error
        return Response(checked(wanted).model_dump_json(), media_type="application/json")

    return router

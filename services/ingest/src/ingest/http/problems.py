"""Error responses: RFC 9457 problem details, and `{"error"}` on the compatibility routes."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from fastapi import HTTPException
from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Scope

from ingest.domain.access import COMPATIBILITY
from ingest.domain.items import ItemProblem

MEDIA_TYPE = "application/problem+json"


class ProblemDetails(BaseModel):
    """RFC 9457. `instance` names the request as the log does; `error` repeats `detail`."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    error: str
    problems: list[ItemProblem] = []


class ErrorBody(BaseModel):
    """The error response of the compatibility routes."""

    error: str


def responses(*statuses: int, model: type[BaseModel] = ProblemDetails) -> dict[int | str, Any]:
    """`responses` of a router, for the OpenAPI document."""
    media = MEDIA_TYPE if model is ProblemDetails else "application/json"
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {media: {"schema": schema}}}
        for status in statuses
    }


def problem_response(
    scope: Scope,
    status: int,
    error: str,
    problems: Sequence[ItemProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The error response in the form of the path that was called."""
    if scope["path"].startswith(COMPATIBILITY):
        content = ErrorBody(error=error).model_dump_json()
        return Response(content, status, headers, "application/json")
    details = ProblemDetails(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error,
        instance=f"urn:ratchet:request:{request_id_of(scope)}",
        error=error,
        problems=list(problems),
    )
    return Response(details.model_dump_json(), status, headers, MEDIA_TYPE)


def summary_of(problems: Sequence[ItemProblem]) -> str:
    """The first of at least one problem, in short."""
    return f"{problems[0].field or 'body'}: {problems[0].message}"


def invalid_items(problems: Sequence[ItemProblem], status: int = 422) -> HTTPException:
    """The exception for a request of which nothing can be accepted; it carries every problem."""
    return HTTPException(status, {"error": summary_of(problems), "problems": list(problems)})


def request_id_of(scope: Scope) -> str:
    """The id that `RequestIds` gave to the request."""
    request_id: str = scope["state"]["request_id"]
    return request_id

"""How a call that came to nothing is answered: RFC 9457, and `{"error"}` on the old routes."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from fastapi import Request
from fastapi.exceptions import HTTPException as Refusal
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from ingest.domain.access import COMPATIBILITY
from ingest.domain.items import Problem
from ingest.http.middleware.request_ids import request_id_of

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class ProblemOut(BaseModel):
    """`index` counts the items of the request from 0."""

    index: int
    field: str
    message: str


class Refused(BaseModel):
    """RFC 9457; `instance` names the request as the log does, `error` says `detail` again."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    error: str
    problems: list[ProblemOut] = Field(default_factory=list)


class Error(BaseModel):
    """What the old routes answer."""

    error: str


def answers(*statuses: int, model: type[BaseModel] = Refused) -> dict[int | str, dict[str, Any]]:
    """`responses` of a router, for the OpenAPI document."""
    media = MEDIA_TYPE if model is Refused else "application/json"
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {media: {"schema": schema}},
        }
        for status in statuses
    }


def refused(
    scope: Scope,
    status: int,
    error: str,
    problems: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer, in the form of the path that was called."""
    if scope["path"].startswith(COMPATIBILITY):
        return JSONResponse({"error": error}, status, headers)
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error,
        "instance": f"urn:ratchet:request:{request_id_of(scope)}",
        "error": error,
        "problems": problems or [],
    }
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def refusal(problems: tuple[Problem, ...] | list[Problem], status: int = 422) -> Refusal:
    """Names every problem, of which there is at least one, and the first in short."""
    error = f"{problems[0].field or 'body'}: {problems[0].message}"
    return Refusal(status, {"error": error, "problems": [p.model_dump() for p in out(problems)]})


def out(problems: tuple[Problem, ...] | list[Problem]) -> list[ProblemOut]:
    return [ProblemOut(index=p.index, field=p.field, message=p.message) for p in problems]


async def say_why(request: Request, error: HTTPException) -> Response:
    told: Any = error.detail
    if not isinstance(told, dict):
        told = {"error": str(told)}
    return refused(
        request.scope, error.status_code, told["error"], told.get("problems"), error.headers
    )


async def own_up(request: Request, error: Exception) -> Response:
    """For what nobody foresaw: the traceback is for the log alone."""
    request_id = request_id_of(request.scope)
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refused(request.scope, 500, f"an error of ours; the log tells it under {request_id}")

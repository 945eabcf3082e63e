"""Adds to the OpenAPI document what FastAPI cannot derive from plain routes."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from ingest.domain.access import COMPATIBILITY
from ingest.domain.corrections import Correction
from ingest.domain.identity import Identity
from ingest.domain.pairs import Pair
from ingest.domain.rank_request import RankRequest
from ingest.domain.traces import Trace
from ingest.http.problems import ErrorBody, ProblemDetails
from ratchet.contract import Experience, Feedback

_SCHEMAS: tuple[type[BaseModel], ...] = (
    Experience,
    Feedback,
    Correction,
    Trace,
    Pair,
    Identity,
    RankRequest,
    ProblemDetails,
    ErrorBody,
)
"""The models that plain routes and error responses refer to."""
_REFERENCE = "#/components/schemas/{model}"
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "feedback_key": {"type": "apiKey", "in": "header", "name": "X-Feedback-Key"},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A repeat with the same body within 24 hours gets the first answer again",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def one_or_many(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that accepts one `model`, with or without an id, or an array."""
    parts = (model.__name__, Identity.__name__)
    one = {"allOf": [{"$ref": _REFERENCE.format(model=name)} for name in parts]}
    return _body({"anyOf": [one, {"type": "array", "items": one}]})


def just_one(model: type[BaseModel], **stricter: dict[str, Any]) -> dict[str, Any]:
    """`openapi_extra` of a route that accepts one `model`, with `stricter` schemas of fields."""
    one = {"$ref": _REFERENCE.format(model=model.__name__)}
    return _body({"allOf": [one, {"properties": stricter}]} if stricter else one)


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def add_schemas(app: FastAPI) -> None:
    """Makes `app.openapi()` define what plain routes take, keys, and every Idempotency-Key."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        components = document.setdefault("components", {})
        components["securitySchemes"] = _KEYS
        for model in _SCHEMAS:
            schema = model.model_json_schema(ref_template=_REFERENCE)
            components.setdefault("schemas", {}).update(schema.pop("$defs", {}))
            components["schemas"][model.__name__] = schema
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                operation["security"] = [{name: []} for name in _headers_of(path)]
                if method == "post":
                    operation["parameters"] = [_IDEMPOTENCY_KEY]
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _headers_of(path: str) -> tuple[str, ...]:
    return ("feedback_key",) if path.startswith(COMPATIBILITY) else ("bearer", "api_key")

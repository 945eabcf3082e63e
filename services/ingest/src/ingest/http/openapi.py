"""Adds to the OpenAPI document what FastAPI cannot derive from plain routes."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from ingest.domain.access import COMPATIBILITY
from ingest.domain.answer_check import CheckRequest
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
    CheckRequest,
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
    "example": "thumb-of-q-1",
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
            named = schema.pop("$defs", {}) | {model.__name__: schema}
            components.setdefault("schemas", {}).update(named)
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                operation["security"] = [{name: []} for name in _headers_of(path)]
                if method == "post":
                    operation["parameters"] = [_IDEMPOTENCY_KEY]
        _describe(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


@cache
def texts() -> dict[str, Any]:
    """A sentence for each of `fields` and `parameters`, their `values`, `examples` of bodies."""
    return tomllib.loads(Path(__file__).with_name("fields.toml").read_text(encoding="utf-8"))


def _describe(document: dict[str, Any]) -> None:
    """Add a sentence and an example to each field and parameter, and examples to each body."""
    fields, values = texts()["fields"], texts()["values"]
    parameters, examples = texts()["parameters"], texts()["examples"]
    for model, schema in document["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            field.setdefault("description", fields.get(f"{model}.{name}") or fields.get(name, ""))
            if (value := values.get(f"{model}.{name}", values.get(name))) is not None:
                field.setdefault("examples", [value])
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                parameter.update(parameters.get(parameter["name"], {}))
            for content in operation.get("requestBody", {}).get("content", {}).values():
                names = _models_in(content["schema"])
                named: list[Any] = next((examples[one] for one in names if one in examples), [])
                content["examples"] = {
                    "every field" if example is named[-1] else "shortest": {"value": example}
                    for example in named
                }


def _models_in(schema: Any) -> Iterator[str]:
    """The names of the models that a schema refers to, in order."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for part in schema.values():
            yield from _models_in(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _models_in(part)


def _headers_of(path: str) -> tuple[str, ...]:
    return ("feedback_key",) if path.startswith(COMPATIBILITY) else ("bearer", "api_key")

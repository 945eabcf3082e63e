"""Adds to the OpenAPI document the bodies that routes read by themselves."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from ingest.domain.identity import Identity

_REFERENCE = "#/components/schemas/{model}"


def one_or_many(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes one `model`, named or not, or an array of them."""
    parts = (model.__name__, Identity.__name__)
    one = {"allOf": [{"$ref": _REFERENCE.format(model=name)} for name in parts]}
    return _body({"anyOf": [one, {"type": "array", "items": one}]})


def just_one(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes one `model`."""
    return _body({"$ref": _REFERENCE.format(model=model.__name__)})


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def add_schemas(app: FastAPI, *models: type[BaseModel]) -> None:
    """Make `app.openapi()` define what `one_or_many` and `just_one` refer to."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in models:
            schema = model.model_json_schema(ref_template=_REFERENCE)
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        return document

    app.openapi = openapi  # type: ignore[method-assign]

"""Adds to the OpenAPI document the bodies that routes read item by item."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from ingest.domain.identity import Identity

_REFERENCE = "#/components/schemas/{model}"


def one_or_many(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes one `model`, named or not, or an array of them."""
    parts = (model.__name__, Identity.__name__)
    one = {"allOf": [{"$ref": _REFERENCE.format(model=name)} for name in parts]}
    schema = {"anyOf": [one, {"type": "array", "items": one}]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def add_schemas(app: FastAPI, *models: type[BaseModel]) -> None:
    """Make `app.openapi()` define what `one_or_many` refers to."""
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

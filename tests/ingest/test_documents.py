"""The documents of the API: a sentence for every field, an example of every body, no other host."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from ingest.app import create_app
from ingest.http.openapi import texts
from ingest.settings import IngestSettings

Document = dict[str, Any]
OWN_ADDRESS = re.compile(r'(?:src|href)="([^"]*)"')


@pytest.fixture(scope="module")
def document() -> Document:
    app = create_app(IngestSettings(data_dir=Path("no-such-directory")))
    return dict(json.loads(json.dumps(app.openapi())))


def bodies(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield path, content


def has_fields(schema: Any, document: Document) -> bool:
    """Whether a value of `schema` is an object with fields of its own, or a list of such."""
    if not isinstance(schema, dict):
        return False
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return "properties" in document["components"]["schemas"][name]
    parts = [schema.get("items"), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return any(has_fields(part, document) for part in parts)


def allows_null(schema: dict[str, Any]) -> bool:
    return any(one.get("type") == "null" for one in (schema, *schema.get("anyOf", ())))


def fields_of(schema: Any, document: Document, inside: str = "") -> Iterator[str]:
    """The dotted names of the fields that a body may have; an array counts as its items."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from fields_of(document["components"]["schemas"][name], document, inside)
    for several in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(several, ()):
            yield from fields_of(one, document, inside)
    yield from fields_of(schema.get("items"), document, inside)
    for name, field in schema.get("properties", {}).items():
        yield f"{inside}{name}"
        yield from fields_of(field, document, f"{inside}{name}.")


def names_in(value: Any, inside: str = "") -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            for name, part in one.items():
                yield f"{inside}{name}"
                yield from names_in(part, f"{inside}{name}.")


def test_every_field_and_parameter_has_a_sentence(document: Document):
    without = [
        f"{model}.{name}"
        for model, schema in document["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
        if not re.fullmatch(r"[A-Za-z`].{5,}[.;].*|.{20,}", field.get("description", ""))
    ]
    without += [
        f"{path} {parameter['name']}"
        for path, operations in document["paths"].items()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert without == []


def test_every_field_and_parameter_has_a_valid_example(document: Document):
    wrong = []
    for model, schema in document["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            if has_fields(field, document) or field.get("type") == "null":
                continue
            rules = Draft202012Validator({**field, "components": document["components"]})
            if not any(map(rules.is_valid, field.get("examples", ()))):
                wrong.append(f"{model}.{name}")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                rules = Draft202012Validator(parameter["schema"])
                if "example" not in parameter or not rules.is_valid(parameter["example"]):
                    wrong.append(f"{path} {parameter['name']}")
    assert wrong == []


def test_a_field_whose_sentence_says_null_may_be_null(document: Document):
    never_null = [
        f"{model}.{name}"
        for model, schema in document["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
        if re.search(r"\bnull\b", field["description"]) and not allows_null(field)
    ]
    assert never_null == []


def test_no_sentence_is_about_a_field_that_is_gone(document: Document):
    schemas = document["components"]["schemas"].items()
    known = {name for _, schema in schemas for name in schema.get("properties", {})}
    known |= {f"{model}.{name}" for model, one in schemas for name in one.get("properties", {})}
    assert {*texts()["fields"], *texts()["values"]} - known == set()


def test_every_field_of_a_body_is_in_an_example(document: Document):
    missing = {}
    for path, content in bodies(document):
        assert "every field" in content["examples"]
        # A body takes a prompt or readings, so that no example has both.
        shown = [example["value"] for example in content["examples"].values()]
        missing[path] = set(fields_of(content["schema"], document)) - set(names_in(shown))
    # The page's own route takes no event's id.
    assert {path: fields for path, fields in missing.items() if fields} == {}


async def test_every_example_is_accepted(client: httpx.AsyncClient, document: Document):
    for path, content in bodies(document):
        for name, example in content["examples"].items():
            if path == "/v1/commands/corrections":
                continue  # it names an answer that has to exist
            response = await client.post(path, json=example["value"])
            assert response.is_success, (path, name, response.text)
            assert response.json().get("warnings", []) == [], (path, name)


async def test_the_page_of_the_api_loads_everything_from_ingest(client: httpx.AsyncClient):
    assert (await client.get("/openapi.json")).json()["paths"]
    page = (await client.get("/docs")).text
    files = OWN_ADDRESS.findall(page)
    assert len(files) >= 3
    assert [file for file in files if not file.startswith("/docs-files/")] == []
    for file in files:
        assert (await client.get(file)).status_code == 200, file
    assert "://" not in re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


async def test_the_page_of_the_streams_has_no_script_and_names_every_message(
    client: httpx.AsyncClient,
):
    page = (await client.get("/asyncapi")).text
    assert "<script" not in page
    assert "://" not in page
    document = (await client.get("/asyncapi.json")).json()
    for channel in document["channels"].values():
        assert channel["address"] in page
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in page
    links = re.findall(r'href="#([^"]+)"', page)
    assert links
    assert [link for link in links if f'id="{link}"' not in page] == []

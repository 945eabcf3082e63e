"""The immutable name behind the name that was asked for."""

import json

import httpx

from gateway.capture.model_versions import ModelVersions
from gateway.domain.model_version import ServedModel, models_of

from .recorded_cases import case

OLD, NEW = "m:v20260101t000000-000000000001", "m:v20260202t000000-000000000002"


def tag(name: str, digest: str) -> dict[str, object]:
    return {"name": name, "digest": digest}


def test_the_version_is_the_tag_of_ratchet_with_the_same_digest():
    models = models_of([tag("m:latest", "b"), tag(OLD, "a"), tag(NEW, "b"), tag("m:copy", "b")])
    assert models["m:latest"] == ServedModel(NEW, "b")
    assert models[NEW] == ServedModel(NEW, "b")
    assert models[OLD] == ServedModel(OLD, "a")


def test_without_a_version_of_ratchet_it_is_another_tag_but_latest():
    models = models_of([tag("m:latest", "a"), tag("m:8b", "a"), tag("n:latest", "c")])
    assert models["m:latest"] == ServedModel("m:8b", "a")
    assert models["m:8b"] == ServedModel("", "a")
    assert models["n:latest"] == ServedModel("", "c")


async def test_the_tags_of_a_server_are_read_and_kept_while_it_is_away():
    answers = [case("ollama-0.33", "tags").answer, None, b"nonsense"]

    def answer(_: httpx.Request) -> httpx.Response:
        content = answers.pop(0)
        if content is None:
            raise httpx.ConnectError("away")
        return httpx.Response(200, content=content)

    versions = ModelVersions("http://server")
    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(base_url="http://server", transport=transport) as client:
        assert versions.of("ratchet-demo") == ServedModel()
        assert await versions.refresh(client)
        first = json.loads(case("ollama-0.33", "tags").answer)["models"][0]
        served = versions.of("ratchet-demo")
        assert (first["name"], first["digest"]) == ("ratchet-demo:latest", served.digest)
        assert served.version == "ratchet-demo:v20261129t142726-64d32fd8acc2"
        assert await versions.refresh(client)
        assert versions.of("ratchet-demo:latest") == served
        assert not await versions.refresh(client)
        assert versions.of("ratchet-demo") == ServedModel()

"""`ratchet doctor` asks the model server of RATCHET_EXPORTER_SERVER_URL, as it asks Ollama."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ratchet_cli.doctor import model_server
from ratchet_cli.doctor.check import Check
from ratchet_cli.doctor.examination import CheckedSettings
from ratchet_testing.asgi_server import serving
from ratchet_testing.valkey import free_port

MODEL = "cc-widget-selector"


async def models(request: Request) -> Response:
    answer = request.app.state.answer
    return Response(status_code=answer) if isinstance(answer, int) else JSONResponse(answer)


async def asked(answer: Any, path: str = "/v1") -> Check:
    app, port = Starlette(routes=[Route("/v1/models", models)]), free_port()
    app.state.answer = answer
    async with serving(app, port):
        facts = await model_server.probe(f"http://127.0.0.1:{port}{path}")
    return model_server.judge(facts, MODEL)


@pytest.mark.parametrize("path", ["/v1", "/v1/"])
async def test_a_server_that_lists_the_model_is_well(path: str):
    check = await asked({"data": [{"id": "other"}, {"id": MODEL}]}, path)
    assert (check.level, check.name) == ("ok", "model server")
    assert check.finding.startswith(f"{MODEL} at http://")


async def test_a_server_with_other_models_is_a_warning_that_names_them_and_the_remedy():
    check = await asked({"data": [{"id": "qwen"}, {"id": "llama"}]})
    assert check.level == "warn"
    assert f"does not serve {MODEL}; it serves qwen, llama" in check.finding
    assert f"registry/{MODEL}/latest/model.gguf" in check.remedy


@pytest.mark.parametrize("answer", [404, 401, {"version": "1"}, {"data": "none"}, [1]])
async def test_an_address_without_a_list_of_models_is_a_failure(answer: Any):
    check = await asked(answer)
    assert check.level == "fail"
    assert "RATCHET_EXPORTER_SERVER_URL" in check.remedy


async def test_a_server_that_is_away_is_a_warning_without_its_password():
    url = f"http://ops:hunter2@127.0.0.1:{free_port()}/v1"
    check = model_server.judge(await model_server.probe(url), MODEL)
    assert check.level == "warn"
    assert "does not respond" in check.finding
    assert "hunter2" not in check.finding
    assert "start the server" in check.remedy


async def test_without_the_setting_there_is_nothing_to_ask():
    assert model_server.judge(await model_server.probe(""), MODEL).level == "skipped"


def test_the_setting_of_the_running_system_is_the_one_that_is_asked():
    settings = CheckedSettings.of({"exporter_server_url": "http://127.0.0.1:8080/v1"})
    assert settings.exporter_server_url == "http://127.0.0.1:8080/v1"

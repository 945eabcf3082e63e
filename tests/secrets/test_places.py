"""No place where a setting may appear shows its secret: repr, refusal, status, doctor, errors."""

import asyncio
import json
import re
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from pydantic import ValidationError
from redis.exceptions import RedisError

from exporter.app import create_app as exporter
from exporter.backends.registries.ollama_api import OllamaApi, ollama_client
from exporter.ports import RegistryError
from exporter.settings import ExporterSettings
from ledger.archive.filesystems import InvalidArchiveUrl, open_filesystem
from ledger.backends.database import open_for_reading
from ledger.reading import LedgerLocation
from ledger.settings import LedgerSettings
from ratchet.command_line import redis_address, redis_client
from ratchet.contract import Unavailable
from ratchet.service import create_redis
from ratchet.settings import CommonSettings, read_settings
from ratchet_cli.doctor import ollama
from ratchet_testing.valkey import free_port
from trainer.settings import TrainerSettings

from .forms import BUCKETS, HTTP, MALFORMED_REDIS, POSTGRESQL, REDIS, Form

SETTINGS: list[tuple[type[CommonSettings], str, Form]] = [
    *((CommonSettings, "redis_url", form) for form in (*REDIS, *MALFORMED_REDIS)),
    *((LedgerLocation, "ledger_url", form) for form in POSTGRESQL),
    *((LedgerSettings, "archive_url", form) for form in BUCKETS),
    *(
        (kind, name, form)
        for form in HTTP
        for kind, name in (
            (ExporterSettings, "exporter_ollama_url"),
            (ExporterSettings, "exporter_llama_server_url"),
            (ExporterSettings, "exporter_server_url"),
            (ExporterSettings, "exporter_server_reload_url"),
            (TrainerSettings, "trainer_ollama_url"),
            (CommonSettings, "otlp_endpoint"),
        )
    ),
]


_HOST = r"h\.plant(:\d+)?|10\.1\.2\.3:\d+|\[[0-9a-f:]+\]:\d+"


def each(forms: list[Form]) -> Any:
    return pytest.mark.parametrize("form", forms, ids=lambda form: form.url)


@pytest.mark.parametrize(("kind", "name", "form"), SETTINGS, ids=lambda part: str(part)[:80])
def test_settings_show_no_secret_and_neither_does_their_refusal(
    kind: type[CommonSettings],
    name: str,
    form: Form,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv(f"RATCHET_{name.upper()}", form.url)
    try:
        settings = kind()
    except ValidationError as error:
        shown = f"{error} {error!r} {''.join(traceback.format_exception(error))}"
        with pytest.raises(SystemExit):
            read_settings(kind)
        shown += capsys.readouterr().err
        assert f"RATCHET_{name.upper()}: " in shown
    else:
        shown = f"{settings!r} {settings} {settings.masked()} {json.dumps(settings.masked())}"
        assert form.host in shown
        for secret in form.secrets:
            assert settings.secrets.hide(f"it is {secret}.") == "it is ***."
    assert form.found_in(shown) == []


def test_malformed_addresses_are_refused():
    for form in MALFORMED_REDIS[:5]:
        with pytest.raises(ValidationError):
            CommonSettings(redis_url=form.url)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match=re.escape("s3://***@bucket/x")):
        LedgerSettings(archive_url="s3://AKIA:abc/DEF+ghi@bucket/x")


@each(REDIS)
async def test_an_unavailable_redis_is_reported_without_its_password(form: Form):
    port = free_port()
    url = re.sub(_HOST, f"127.0.0.1:{port}", form.url)
    settings = CommonSettings(redis_url=url)  # type: ignore[arg-type]
    async with create_redis(settings) as redis:
        assert form.found_in(f"{redis!r} {redis.connection_pool!r}") == []
        with pytest.raises((RedisError, OSError, TypeError)) as raised:
            await redis.ping()
    assert form.found_in("".join(traceback.format_exception(raised.value))) == []
    assert f"127.0.0.1:{port}" in redis_address(url)
    assert form.found_in(redis_address(url)) == []


@each([*MALFORMED_REDIS, *REDIS])
def test_a_redis_url_of_a_command_is_refused_without_its_password(form: Form):
    try:
        redis_client(form.url)
    except typer.BadParameter as error:
        assert form.found_in("".join(traceback.format_exception(error))) == []


@each(POSTGRESQL)
def test_an_unavailable_database_is_reported_without_its_password(form: Form):
    url = form.url.replace("h.plant", "127.0.0.1:1").replace("h1.plant", "127.0.0.1")
    try:
        location = LedgerLocation(ledger_url=url)
    except ValidationError:
        return
    engine = open_for_reading(location.ledger_database)
    with pytest.raises(Unavailable) as raised, engine.connect():
        pass
    assert form.found_in(str(raised.value)) == []


@each([*BUCKETS, *HTTP])
def test_an_archive_that_cannot_be_opened_is_reported_without_its_key(form: Form):
    try:
        open_filesystem(form.url.replace("s3://", "s3://" if "/" in form.secrets[0] else "no://"))
    except InvalidArchiveUrl as error:
        shown = "".join(traceback.format_exception(error))
        assert form.host in shown
        assert form.found_in(shown) == []


@each([form for form in HTTP if "@" in form.url])
async def test_a_refusing_server_is_reported_without_its_password(form: Form):
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, text="no")

    client = ollama_client(form.url)
    client._transport = httpx.MockTransport(refuse)
    with pytest.raises(RegistryError) as raised:
        await OllamaApi(client).digests()
    assert "401" in str(raised.value)
    assert form.found_in("".join(traceback.format_exception(raised.value))) == []


@each(HTTP)
async def test_doctor_reports_an_ollama_without_its_password(form: Form):
    url = re.sub(_HOST, f"127.0.0.1:{free_port()}", form.url)
    check = ollama.judge(await ollama.probe(url))
    assert check.level == "warn"
    assert "127.0.0.1" in check.finding
    assert form.found_in(str(check.as_json())) == []


@each([*REDIS[:8], *MALFORMED_REDIS[:4]])
def test_doctor_shows_no_secret(form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_REDIS_URL", form.url.replace("h.plant", "127.0.0.1"))
    monkeypatch.setenv("RATCHET_EXPORTER_OLLAMA_URL", "")
    monkeypatch.setenv("RATCHET_DATA_DIR", str(tmp_path))
    program = "from ratchet_cli.app import main; main()"
    command = [sys.executable, "-c", program, "doctor", "--json", "--no-trial"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert form.found_in(ended.stdout + ended.stderr) == []


@each([form for form in REDIS if "h.plant" in form.url])
async def test_status_readiness_and_documents_show_no_settings_and_no_address(
    form: Form, tmp_path: Path
):
    settings = ExporterSettings(
        redis_url=form.url,  # type: ignore[arg-type]
        exporter_ollama_url="http://ops:hunter2Geheim@127.0.0.1:1",
        exporter_server_url="http://ops:hunter2Geheim@127.0.0.1:1",
        exporter_server_reload_url="http://ops:hunter2Geheim@127.0.0.1:1",
        data_dir=tmp_path,
    )
    app = exporter(settings)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://exporter") as client:
        paths = ("/status", "/livez", "/asyncapi.json", "/metrics")
        answers = await asyncio.gather(*(client.get(path) for path in paths))
    assert "settings" not in answers[0].json()
    for answer in answers:
        assert answer.status_code == 200
        assert "h.plant" not in answer.text
        assert "127.0.0.1" not in answer.text
        assert form.found_in(answer.text) == []
        assert "hunter2Geheim" not in answer.text


def test_a_key_of_a_teacher_is_hidden(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_TRAINER_TEACHER_KEY", "sk-hunter2Geheim")
    settings = TrainerSettings()
    assert "hunter2" not in f"{settings!r} {settings.masked()}"
    assert settings.secrets.hide("key sk-hunter2Geheim") == "key ***"

"""`ratchet doctor` on a misconfigured server, a stopped one, and stand-ins for the rest."""

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from exporter.cli.trial import TrialSettings
from exporter.domain.parity.quantization import bytes_needed
from exporter.settings import ExporterSettings
from ratchet.contract import COMMANDS, FEEDBACK, STREAMS
from ratchet_cli.doctor import disk, gpu, ollama
from ratchet_cli.doctor.disk import DiskFacts
from ratchet_cli.doctor.examination import CheckedSettings
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.formatting import GIB
from ratchet_testing.asgi_server import serving
from ratchet_testing.valkey import free_port, valkey_server
from trainer.settings import TrainerSettings

Ratchet = Callable[..., Any]


@pytest.fixture(autouse=True)
def small_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RATCHET_TRAINER_BASE_MODEL", "smollm2-135m-instruct")
    monkeypatch.setenv("RATCHET_EXPORTER_OLLAMA_URL", "")
    monkeypatch.setenv("RATCHET_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[str]:
    """A separate server, because tests change its settings."""
    with valkey_server(tmp_path / "valkey", free_port()) as url:
        yield url


def by_name(value: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in value["checks"]}


@pytest.fixture
def look(ratchet: Ratchet, tmp_path: Path) -> Ratchet:
    async def run(url: str) -> tuple[int, dict[str, dict[str, str]]]:
        where = ("--redis-url", url, "--data-dir", str(tmp_path / "data"))
        ended = await ratchet("doctor", "--json", "--no-trial", *where)
        assert ended.stderr == ""
        return ended.code, by_name(ended.value)

    return run


async def test_the_server_that_ratchet_starts_passes_every_check(server: str, look: Ratchet):
    code, found = await look(server)
    assert code == 0
    for name in ("redis", "redis persistence", "redis eviction", "redis memory", "clock"):
        assert found[name]["level"] == "ok", found[name]
    assert found["redis version"]["found"].startswith("valkey ")


@pytest.mark.parametrize(
    ("setting", "value", "name", "level", "remedy"),
    [
        (
            "maxmemory-policy",
            "allkeys-lru",
            "redis eviction",
            "fail",
            "maxmemory-policy noeviction",
        ),
        ("appendonly", "no", "redis persistence", "fail", "CONFIG SET appendonly yes"),
        ("appendfsync", "no", "redis persistence", "warn", "CONFIG SET appendfsync everysec"),
        ("maxmemory", "0", "redis memory", "warn", "CONFIG SET maxmemory"),
        ("maxmemory", "1mb", "redis memory", "fail", "CONFIG SET maxmemory 1gb"),
    ],
)
async def test_a_misconfigured_server_is_reported_with_the_command_that_corrects_it(
    server: str, look: Ratchet, setting: str, value: str, name: str, level: str, remedy: str
):
    async with Redis.from_url(server) as redis:
        await redis.config_set(setting, value)
    code, found = await look(server)
    assert found[name]["level"] == level
    assert remedy in found[name]["mend"]
    assert code == (1 if level == "fail" else 0)


async def test_the_named_command_corrects_it(server: str, look: Ratchet):
    async with Redis.from_url(server) as redis:
        await redis.config_set("maxmemory-policy", "allkeys-lru")
        _, found = await look(server)
        command = found["redis eviction"]["mend"].split("`")[1].removeprefix("redis-cli ")
        await redis.execute_command(*command.split())
    assert (await look(server))[1]["redis eviction"]["level"] == "ok"


async def test_info_is_enough_if_config_is_not_allowed(server: str, look: Ratchet):
    async with Redis.from_url(server) as redis:
        await redis.acl_setuser("reader", enabled=True, nopass=True, categories=["+@all"],
                                commands=["-config"], keys=["*"])  # fmt: skip
    _, found = await look(server.replace("//", "//reader:any@"))
    assert found["redis persistence"]["level"] == "ok"
    assert "appendfsync unknown" in found["redis persistence"]["found"]


async def test_a_stopped_server_fails_and_checks_that_need_it_are_skipped(
    tmp_path: Path, look: Ratchet
):
    code, found = await look(f"redis://:secret@127.0.0.1:{free_port()}/0")
    assert code == 1
    assert found["redis"]["level"] == "fail"
    assert "ratchet up" in found["redis"]["mend"]
    assert "secret" not in str(found)
    assert {found[name]["level"] for name in ("redis memory", "groups", "clock")} == {"skipped"}


async def test_dead_letters_pending_entries_and_missing_groups_are_reported(
    server: str, look: Ratchet
):
    async with Redis.from_url(server) as redis:
        await redis.xadd(FEEDBACK.dead_key, {"payload": "{}"})
        await redis.xadd(COMMANDS.key, {"__data__": "{}"})
        await redis.xgroup_create(COMMANDS.key, "trainer", id="0")
        [[_, [(entry_id, _)]]] = await redis.xreadgroup("trainer", "1", {COMMANDS.key: ">"})
        _, found = await look(server)
        assert found["dead letters"]["level"] == "warn"
        assert found["dead letters"]["found"] == "feedback 1"
        assert "ratchet dead list" in found["dead letters"]["mend"]
        assert "commands (1 entries) lacks reward, activation, ledger" in found["groups"]["found"]
        assert "trainer has 1 pending of commands" in found["pending"]["found"]
        assert found["pending"]["level"] == "ok"

        await redis.xclaim(COMMANDS.key, "trainer", "1", 0, [entry_id], idle=3_600_000)
        _, found = await look(server)
        assert found["pending"]["level"] == "warn"
        assert "last delivered 3600 s ago" in found["pending"]["found"]


async def version(request: Request) -> JSONResponse:
    return JSONResponse({"version": request.app.state.version})


@pytest.mark.parametrize(
    ("version_reported", "level", "finding"),
    [
        ("0.5.4", "fail", "does not accept finished GGUF files"),
        ("0.12.10", "warn", "returns no log-probabilities"),
        ("0.12.11", "warn", "chat formats of a few model families only"),
        ("0.29.9", "warn", "chat formats of a few model families only"),
        ("0.30.0-rc1", "ok", "0.30.0-rc1 at http://"),
        ("0.34.1", "ok", "0.34.1 at http://"),
        ("0.34.1-rc2", "ok", "0.34.1-rc2"),
        ("main", "warn", "not a version number"),
    ],
)
async def test_an_ollama_is_judged_by_its_version(version_reported: str, level: str, finding: str):
    app, port = Starlette(routes=[Route("/api/version", version)]), free_port()
    app.state.version = version_reported
    async with serving(app, port):
        check = ollama.judge(await ollama.probe(f"http://127.0.0.1:{port}"))
    assert check.level == level
    assert finding in check.finding
    if level != "ok":
        assert "installer" in check.remedy


async def test_the_version_of_the_configured_ollama_is_shown(
    look: Ratchet, valkey_url: str, monkeypatch: pytest.MonkeyPatch
):
    app, port = Starlette(routes=[Route("/api/version", version)]), free_port()
    app.state.version = "0.34.1"
    monkeypatch.setenv("RATCHET_EXPORTER_OLLAMA_URL", f"http://127.0.0.1:{port}")
    async with serving(app, port):
        _, found = await look(valkey_url)
    assert (found["ollama"]["level"], found["ollama"]["found"][:6]) == ("ok", "0.34.1")


async def test_an_unavailable_ollama_is_a_warning_and_an_empty_url_is_skipped(
    look: Ratchet, valkey_url: str, monkeypatch: pytest.MonkeyPatch
):
    assert (await look(valkey_url))[1]["ollama"]["level"] == "skipped"
    monkeypatch.setenv("RATCHET_EXPORTER_OLLAMA_URL", f"http://127.0.0.1:{free_port()}")
    _, found = await look(valkey_url)
    assert found["ollama"]["level"] == "warn"
    assert "ollama serve" in found["ollama"]["mend"]


def disk_of(free_gib: float, parameters: int | None = 8_000_000_000) -> DiskFacts:
    return DiskFacts("/data", int(free_gib * GIB), 500 * GIB, GIB, parameters)


def test_free_disk_space_is_compared_with_the_need_of_a_run_and_an_export():
    assert disk.judge(disk_of(0.5)).level == "fail"
    assert disk.judge(disk_of(40)).level == "warn"
    assert "62.6 GiB" in disk.judge(disk_of(40)).finding
    assert disk.judge(disk_of(100)).level == "ok"
    assert disk.judge(disk_of(2, None)).level == "ok"


@pytest.mark.parametrize("parameters", [135_000_000, 8_000_000_000])
def test_the_need_of_an_export_is_the_most_that_the_exporter_requires(parameters: int):
    most = bytes_needed(parameters, "f16")
    mebibytes = (most - 1_000_000) / GIB
    assert disk.judge(disk_of(mebibytes, parameters)).level != "ok"
    assert disk.judge(disk_of((most + 1_000_000) / GIB, parameters)).level in {"ok", "fail"}


@contextmanager
def nvidia_smi(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Iterator[None]:
    program = directory / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
        yield


def test_cards_are_read_from_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with nvidia_smi(tmp_path, monkeypatch, "echo 'NVIDIA H200, 143771, 143000'"):
        facts = gpu.probe("auto", False, None)
    assert [(card.name, card.total) for card in facts.cards] == [("NVIDIA H200", 143771 * 2**20)]
    assert facts.problem == ""


def test_the_message_of_a_failing_driver_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with nvidia_smi(tmp_path, monkeypatch, "echo 'Driver/library version mismatch'; exit 18"):
        facts = gpu.probe("auto", False, None)
    assert facts.cards == ()
    assert facts.problem == "Driver/library version mismatch"


async def test_the_base_model_is_compared_with_its_recorded_hash(
    look: Ratchet, valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _, found = await look(valkey_url)
    assert found["base model"]["level"] == "ok"
    assert "hash as recorded" in found["base model"]["found"]

    base = tmp_path / "base"
    base.mkdir()
    header = json.dumps({"w": {"dtype": "F16", "shape": [1000, 1000], "data_offsets": [0, 0]}})
    content = len(header).to_bytes(8, "little") + header.encode()
    (base / "model.safetensors").write_bytes(content)
    monkeypatch.setenv("RATCHET_TRAINER_BASE_MODEL", str(base))
    _, found = await look(valkey_url)
    assert "1 million parameters" in found["base model"]["found"]
    assert "no hash recorded" in found["base model"]["found"]

    version = tmp_path / "data" / "registry" / "m" / "v1"
    version.mkdir(parents=True)
    record = {"base_model": str(base), "base_sha256": "0" * 64}
    (version / "manifest.json").write_text(json.dumps(record))
    code, found = await look(valkey_url)
    assert code == 1
    assert found["base model"]["level"] == "fail"
    assert "the weights that the newest model was trained on" in found["base model"]["found"]


async def test_a_model_of_the_hub_is_compared_with_the_hashes_in_its_cache(
    look: Ratchet, valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RATCHET_TRAINER_BASE_MODEL", "plant/small")
    _, found = await look(valkey_url)
    assert found["base model"]["level"] == "warn"
    assert "hf download plant/small --cache-dir" in found["base model"]["mend"]

    hub = tmp_path / "cache" / "hub" / "models--plant--small"
    for directory in ("blobs", "snapshots/abc"):
        (hub / directory).mkdir(parents=True)
    (hub / "blobs" / ("a" * 64)).write_bytes(b"another content")
    (hub / "snapshots" / "abc" / "model.safetensors").symlink_to(f"../../blobs/{'a' * 64}")
    _, found = await look(valkey_url)
    assert found["base model"]["level"] == "fail"
    assert "model.safetensors" in found["base model"]["found"]


async def test_the_terminal_shows_finding_and_remedy(server: str, ratchet: Ratchet, tmp_path: Path):
    async with Redis.from_url(server) as redis:
        await redis.config_set("appendonly", "no")
    where = ("--redis-url", server, "--data-dir", str(tmp_path))
    ended = await ratchet("doctor", "--no-trial", *where)
    assert ended.code == 1
    assert "fail    redis persistence: appendonly is no" in ended.stdout
    assert "        remedy: `redis-cli CONFIG SET appendonly yes`" in ended.stdout


def test_the_checked_settings_have_the_defaults_of_the_services(monkeypatch: pytest.MonkeyPatch):
    for name in ("TRAINER_BASE_MODEL", "EXPORTER_OLLAMA_URL", "CACHE_DIR"):
        monkeypatch.delenv(f"RATCHET_{name}")
    checked = CheckedSettings()
    settings = {"trainer_": TrainerSettings(), "exporter_": ExporterSettings()}
    for field in CheckedSettings.model_fields:
        for prefix, of in settings.items():
            if field.startswith(prefix):
                assert getattr(checked, field) == getattr(of, field), field


def test_the_trial_has_the_defaults_of_the_services(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RATCHET_TRAINER_BASE_MODEL")
    assert TrialSettings().trainer_base_model == TrainerSettings().trainer_base_model


def test_settings_of_the_running_system_take_precedence_over_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    started_with = {
        "RATCHET_TRAINER_DEVICE": "cuda",
        "RATCHET_EXPORTER_OLLAMA_URL": "http://ops:hunter2@ollama.plant",
    }
    recorded = Embedded(tmp_path, 8100, started_with).recorded_settings()
    assert recorded["exporter_ollama_url"] == "http://ops:***@ollama.plant"
    monkeypatch.setenv("RATCHET_EXPORTER_OLLAMA_URL", "http://ops:hunter2@ollama")
    settings = CheckedSettings.of(recorded)
    assert settings.trainer_device == "cuda"
    assert settings.exporter_ollama_url == "http://ops:hunter2@ollama"
    assert CheckedSettings.of({}).trainer_device == "auto"


async def test_a_missing_group_is_reported_with_its_service(
    redis: Redis, valkey_url: str, look: Ratchet
):
    """The group `teacher` is optional: it exists only with the setting of a teacher."""
    for stream in STREAMS:
        for group in stream.groups:
            if group != "teacher":
                await redis.xgroup_create(stream.key, group, id="0", mkstream=True)
    assert (await look(valkey_url))[1]["groups"]["level"] == "ok"
    await redis.xgroup_destroy(COMMANDS.key, "activation")
    _, found = await look(valkey_url)
    assert found["groups"]["level"] == "warn"
    assert "commands (0 entries) lacks activation" in found["groups"]["found"]
    assert "start exporter once" in found["groups"]["mend"]


async def test_only_services_of_missing_groups_are_named(
    redis: Redis, valkey_url: str, look: Ratchet
):
    """The exporter reads `commands` in a group of another name, `activation`, which exists."""
    for stream in STREAMS:
        for group in stream.groups:
            if (stream, group) != (COMMANDS, "trainer"):
                await redis.xgroup_create(stream.key, group, id="0", mkstream=True)
    _, found = await look(valkey_url)
    assert found["groups"]["mend"].startswith("start trainer once")

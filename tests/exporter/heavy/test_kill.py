"""kill -9 of the whole service at any moment: after restart and redelivery, one model, once."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from ratchet.contract import MODELS, BaseTrialRequested, CheckpointReady
from ratchet.delivery import DATA_FIELD, Publisher
from ratchet.storage import ArtifactStore
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

pytestmark = pytest.mark.heavy

MOMENTS = {
    "while it converts the base": "cache/gguf/.tiny-*/f16.gguf",
    "while it splices": "work/export-*/*-f16.gguf.part",
    "while it compares": "work/export-*/*-f16.gguf",
}
"""Registration takes milliseconds: its moments are in test_local_registry and test_handlers."""


@asynccontextmanager
async def running_service(environment: dict[str, str]) -> Any:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "exporter", env={**os.environ, **environment}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_any_number_of_kills_leads_to_one_model(
    valkey_url: str, redis: Redis, tmp_path: Path, cache_dir: Path, tiny_base: Path, train: Any
) -> None:
    data = tmp_path / "data"
    artifacts = ArtifactStore(data / "artifacts")
    manifest = await asyncio.to_thread(train, str(tiny_base), artifacts)
    checkpoint = CheckpointReady(
        event_id="checkpoint-1",
        occurred_at=datetime(2026, 9, 11, tzinfo=UTC),
        run_id="run-1",
        base_model=str(tiny_base),
        manifest=artifacts.put_bytes(manifest.model_dump_json().encode(), "manifest.json"),
    )
    environment = {
        "RATCHET_REDIS_URL": valkey_url,
        "RATCHET_DATA_DIR": str(data),
        "RATCHET_CACHE_DIR": str(data / "cache"),
        "RATCHET_PORT": str(free_port()),
        "RATCHET_RETRY_BASE_S": "0.5",
        "RATCHET_RETRY_MAX_ATTEMPTS": "50",
        "RATCHET_EXPORTER_OLLAMA_URL": "",
        "RATCHET_EXPORTER_MODEL_NAME": "m",
        "RATCHET_EXPORTER_QUANTIZATION": "f16",
    }
    await Publisher(redis).publish([checkpoint])

    for pattern in MOMENTS.values():
        async with running_service(environment) as service:
            await eventually(_reached(data, pattern, redis), 120)
            service.kill()
    async with running_service(environment):
        await eventually(_published(redis), 120)

    entries: Any = await redis.xrange(MODELS.key)
    events = [MODELS.adapter.validate_json(fields[DATA_FIELD.encode()]) for _, fields in entries]
    assert [event.type for event in events] == ["ModelRegistered", "ModelActivated"]
    assert _names(data / "registry" / "m") == ["activations.json", "latest", events[0].version]
    assert artifacts.path(events[0].gguf).samefile(data / "registry/m/latest/model.gguf")
    assert _names(data / "work") == []
    assert list(data.rglob("*.part")) == []
    assert list(data.rglob(".*")) == []


async def test_any_number_of_kills_leads_to_one_result_of_a_trial(
    valkey_url: str, redis: Redis, tmp_path: Path, cache_dir: Path
) -> None:
    data = tmp_path / "data"
    request = BaseTrialRequested(
        event_id="request-1",
        occurred_at=datetime(2026, 9, 11, tzinfo=UTC),
        base_model="smollm2-135m-instruct",
    )
    environment = {
        "RATCHET_REDIS_URL": valkey_url,
        "RATCHET_DATA_DIR": str(data),
        "RATCHET_CACHE_DIR": str(cache_dir),
        "RATCHET_PORT": str(free_port()),
        "RATCHET_RETRY_BASE_S": "0.5",
        "RATCHET_RETRY_MAX_ATTEMPTS": "50",
        "RATCHET_EXPORTER_OLLAMA_URL": "",
    }
    await Publisher(redis).publish([request])
    for pattern in ("work/trial-service/adapter/*", "work/trial-service/work/export-*/*"):
        async with running_service(environment) as service:
            await eventually(_reached(data, pattern, redis), 240)
            service.kill()
    async with running_service(environment):
        await eventually(_published(redis), 240)

    entries: Any = await redis.xrange(MODELS.key)
    [result] = [MODELS.adapter.validate_json(fields[DATA_FIELD.encode()]) for _, fields in entries]
    assert (result.type, result.caused_by) == ("BaseTried", "request-1")
    assert (result.fits, result.registers, result.reason) == (True, None, "")
    assert list(data.glob("work/trial-service/*")) == []
    assert not (data / "registry").exists()


def _published(redis: Redis) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        return bool(await redis.xlen(MODELS.key))

    return probe


def _reached(data: Path, pattern: str, redis: Redis) -> Callable[[], Awaitable[bool]]:
    """Whether a file of that pattern exists, or the model is published already."""
    published = _published(redis)

    async def probe() -> bool:
        return _matches(data, pattern) or await published()

    return probe


def _matches(data: Path, pattern: str) -> bool:
    return any(data.glob(pattern))


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())

"""A damaged history or record stops nothing but what needs it, and a good copy is seen."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from exporter.app import create_app
from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.registry.alias_history import Move
from exporter.erasure import erase
from exporter.settings import ExporterSettings
from ratchet.contract import COMMANDS, FORGOTTEN, ForgetRequested, Unavailable, utc_now
from ratchet.delivery import Consumer, Publisher, RetryPolicy, one_by_one
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work
from ratchet_testing.running_service import started

NOON = datetime(2026, 9, 11, 12, tzinfo=UTC)
DAMAGES = {
    "empty": lambda _: b"",
    "cut in half": lambda content: content[: len(content) // 2],
    "flipped": lambda content: bytes(byte ^ 0x04 for byte in content),
    "another form": lambda _: b'{"moves": []}',
    "no text": lambda _: b"\xff\x00\xfe" * 40,
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A registry's directory where v1, v2 and v3 were active in turn."""
    directory = tmp_path / "registry" / "cc-widget-selector"
    directory.mkdir(parents=True)
    journal = ActivationJournal(directory / "activations.json")
    for number, version in enumerate(("v1", "v2", "v3")):
        previous = f"v{number}" if number else None
        journal.append(Move(cause=f"c{number}", at=NOON, version=version, previous=previous))
    (directory / "previous").symlink_to("v2", target_is_directory=True)
    (directory / "latest").symlink_to("v3", target_is_directory=True)
    return directory


def damage(path: Path, kind: str) -> bytes:
    """Damage the file; returns its good content."""
    good = path.read_bytes()
    path.write_bytes(DAMAGES[kind](good))
    return good


@pytest.mark.parametrize("kind", DAMAGES)
def test_of_a_damaged_history_the_links_remain_until_a_good_copy_is_back(
    directory: Path, kind: str
):
    path = directory / "activations.json"
    journal = ActivationJournal(path)
    whole = journal.read()
    good = damage(path, kind)
    assert [(move.version, move.previous) for move in journal.read()] == [
        ("v2", None),
        ("v3", "v2"),
    ]
    assert str(path) in str(journal.problem)
    assert "put a good copy back" in str(journal.problem)
    path.write_bytes(good)
    assert journal.read() == whole
    assert journal.problem is None


def test_of_a_lost_or_unreadable_history_the_active_version_and_the_one_before_it_remain(
    directory: Path,
):
    path = directory / "activations.json"
    path.unlink()
    path.mkdir()
    journal = ActivationJournal(path)
    assert [move.version for move in journal.read()] == ["v2", "v3"]
    assert str(path) in str(journal.problem)


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_move_after_the_damage_starts_a_new_history_and_keeps_the_damaged_one(
    directory: Path, kind: str
):
    path = directory / "activations.json"
    damage(path, kind)
    bad = path.read_bytes()
    journal = ActivationJournal(path)
    journal.append(Move(cause="c4", at=NOON, version="v2", previous="v3", back=True))
    assert [move.version for move in journal.read()] == ["v2", "v3", "v2"]
    assert journal.problem is None
    assert path.with_name("activations.json.damaged").read_bytes() == bad


@pytest.mark.parametrize("kind", DAMAGES)
async def test_the_exporter_starts_with_a_damaged_history_names_it_and_sees_a_good_copy(
    directory: Path, kind: str, redis: Redis, valkey_url: str
):
    path = directory / "activations.json"
    good = damage(path, kind)
    app = create_app(
        ExporterSettings.model_validate(
            {
                "redis_url": valkey_url,
                "data_dir": directory.parents[1],
                "exporter_ollama_url": "",
            }
        )
    )
    transport = httpx.ASGITransport(app)
    async with (
        started(app),
        httpx.AsyncClient(transport=transport, base_url="http://exporter") as client,
    ):
        assert (await client.get("/readyz")).status_code == 200
        status = (await client.get("/status")).json()
        assert str(path) in status["history"]["problem"]
        assert status["active"] == "v3"
        path.write_bytes(good)
        assert (await client.get("/status")).json()["history"]["problem"] is None


def forget(event_id: str, *run_ids: str) -> ForgetRequested:
    return ForgetRequested(
        event_id=event_id,
        occurred_at=utc_now(),
        requested_by="tests",
        query_ids=(f"q-{event_id}",),
        run_ids=run_ids,
    )


@pytest.fixture
async def registry(tmp_path: Path, record: Any, gguf: Path) -> LocalRegistry:
    """v1 and v2 of run-1 and run-2, with a recorded answer each."""
    registry = LocalRegistry(tmp_path / "registry", "m")
    for number in (1, 2):
        made = record(f"v{number}").model_copy(update={"run_id": f"run-{number}"})
        await registry.register(made, gguf)
    return registry


def manifest(tmp_path: Path, version: str) -> Path:
    return tmp_path / "registry" / "m" / version / "manifest.json"


async def answered(redis: Redis) -> set[str]:
    letters = await redis.xrange(FORGOTTEN.key)
    return {json.loads(fields[b"__data__"])["caused_by"] for _, fields in letters}


async def test_a_damaged_record_holds_up_only_its_own_erasure_which_ends_when_it_is_back(
    tmp_path: Path, registry: LocalRegistry, redis: Redis, valkey_url: str
):
    path = manifest(tmp_path, "v1")
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    consumer = Consumer(
        COMMANDS,
        "activation",
        {ForgetRequested: one_by_one(partial(erase, registry))},
        batch=1,
        retry=RetryPolicy(max_attempts=2, base_s=0.1),
    )
    async with at_work(valkey_url, consumer):
        await Publisher(redis).publish(
            [
                forget("forget-theirs", "run-1"),
                forget("forget-nobody"),
                forget("forget-others", "run-2"),
            ]
        )

        async def others_are_done() -> bool:
            return await answered(redis) == {"forget-nobody", "forget-others"}

        await eventually(others_are_done, 20)

        async def tried_often() -> bool:
            [pending] = await redis.xpending_range(COMMANDS.key, "activation", "-", "+", 10)
            return pending["time_since_delivered"] < 100

        await eventually(tried_often, 20)
        assert await redis.xlen(COMMANDS.dead_key) == 0
        path.write_bytes(good)

        async def all_are_done() -> bool:
            return await answered(redis) == {"forget-theirs", "forget-nobody", "forget-others"}

        await eventually(all_are_done, 20)
    erased = [await registry.record(version) for version in ("v1", "v2")]
    assert [record and record.export.smoke_answer for record in erased] == ["", ""]


@pytest.mark.parametrize("content", [b"", b'{"name": "trunc', b"\xff" * 100])
async def test_a_record_that_shows_no_run_holds_up_what_no_other_record_accounts_for(
    tmp_path: Path, registry: LocalRegistry, content: bytes
):
    path = manifest(tmp_path, "v1")
    path.write_bytes(content)
    assert registry.erase_answers({"run-2"}) == 1
    assert registry.erase_answers(set()) == 0
    with pytest.raises(Unavailable) as held_up:
        registry.erase_answers({"run-1"})
    assert str(path) in str(held_up.value)
    assert "put the file back" in str(held_up.value)

"""A Redis that cannot carry the system is refused at the start, by the doctor's judgement."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from faststream.redis import RedisBroker
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.contract import COMMANDS, EXPERIENCES, TrainingRequested
from ratchet.delivery import Consumer
from ratchet.service import (
    RedisFacts,
    Service,
    StartRefused,
    create_redis,
    fitness,
    read_facts,
)
from ratchet.settings import CommonSettings
from ratchet_testing.counting import count_and_emit
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server

CONSUMER = Consumer(COMMANDS, "test", {TrainingRequested: count_and_emit})


def service_at(url: str, *consumers: Consumer) -> Service:
    settings = CommonSettings.model_validate({"redis_url": url})
    return Service(
        name="test",
        settings=settings,
        broker=RedisBroker(url),
        redis=create_redis(settings),
        registry=CollectorRegistry(),
        consumers=consumers,
    )


@asynccontextmanager
async def configured(directory: Path, *options: str) -> AsyncIterator[str]:
    # By default the port of the cluster bus is 10,000 above the server's, where the system may
    # have given it to a client.
    bus = ("--cluster-port", str(free_port()))
    with valkey_server(directory, free_port(), "1gb", *bus, *options) as url:
        yield url


async def with_user(url: str, name: str, lacks: str) -> str:
    """`url` with a new user's name, who may call everything but `lacks`."""
    async with Redis.from_url(url) as redis:
        await redis.acl_setuser(
            name, enabled=True, nopass=True, categories=["+@all"], commands=[lacks], keys=["*"]
        )
    return url.replace("//", f"//{name}:any@")


REFUSED = [
    (("--cluster-enabled", "yes"), "in cluster mode", "RATCHET_REDIS_URL"),
    (("--maxmemory-policy", "allkeys-lru"), "drops acknowledged data", "noeviction"),
    (("--maxmemory-policy", "volatile-ttl"), "maxmemory-policy is volatile-ttl", "noeviction"),
    (("--appendonly", "no"), "no snapshots", "CONFIG SET appendonly yes"),
    (("--replicaof", "127.0.0.1 1"), "a replica of 127.0.0.1:1", "the primary"),
]


@pytest.mark.parametrize("consumers", [(CONSUMER,), ()], ids=["consumer", "intake"])
@pytest.mark.parametrize(("options", "problem", "remedy"), REFUSED)
async def test_a_server_that_loses_or_refuses_data_is_refused_in_one_sentence(
    tmp_path: Path,
    options: tuple[str, ...],
    problem: str,
    remedy: str,
    consumers: tuple[Consumer, ...],
):
    async with configured(tmp_path, *options) as url:
        with pytest.raises(StartRefused) as refused:
            async with service_at(url, *consumers).running():
                pass
    message = str(refused.value)
    assert message.startswith(f"Redis at {url.partition('//')[2]} cannot be used: ")
    assert problem in message
    assert remedy in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("options", "logged"),
    [
        (("--appendonly", "no", "--save", "60 1"), "since the last snapshot"),
        (("--appendfsync", "no"), "appendfsync is no"),
    ],
)
async def test_a_server_that_may_lose_a_little_is_used_with_a_warning(
    tmp_path: Path,
    options: tuple[str, ...],
    logged: str,
    caplog: pytest.LogCaptureFixture,
):
    async with configured(tmp_path, *options) as url, service_at(url, CONSUMER).running():
        pass
    assert logged in caplog.text


async def test_without_config_info_decides_what_it_knows_and_the_rest_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """A managed server refuses CONFIG."""
    async with configured(tmp_path, "--appendonly", "no") as url:
        managed = await with_user(url, "managed", "-config")
        async with service_at(managed, CONSUMER).running():
            pass
    assert "whether it keeps data is unknown" in caplog.text
    async with configured(tmp_path, "--maxmemory-policy", "allkeys-lru") as url:
        managed = await with_user(url, "managed", "-config")
        with pytest.raises(StartRefused, match="maxmemory-policy is allkeys-lru"):
            async with service_at(managed, CONSUMER).running():
                pass


async def test_without_info_nothing_is_known_and_the_service_starts_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async with configured(tmp_path) as url:
        narrow = await with_user(url, "narrow", "-info")
        async with service_at(narrow, CONSUMER).running():
            pass
    assert "allow INFO to this user" in caplog.text


async def test_a_wrong_password_is_refused_at_once_and_not_shown(tmp_path: Path):
    async with configured(tmp_path, "--requirepass", "right") as url:
        wrong = url.replace("//", "//:wrong-secret@")
        with pytest.raises(StartRefused, match="invalid username-password") as refused:
            async with service_at(wrong, CONSUMER).running():
                pass
    assert "wrong-secret" not in str(refused.value)


async def test_a_server_that_loads_its_data_is_waited_for(tmp_path: Path):
    async with configured(tmp_path) as url, Redis.from_url(url) as redis:
        for at in range(0, 30_000, 1000):
            await redis.mset({f"key-{number}": "x" * 50 for number in range(at, at + 1000)})
        await redis.config_set("aof-use-rdb-preamble", "no")
        await redis.bgrewriteaof()

        async def written() -> bool:
            return not (await redis.info("persistence"))["aof_rewrite_in_progress"]

        await eventually(written, 30)
    slow = ("--key-load-delay", "100")
    async with configured(tmp_path, *slow) as url, Redis.from_url(url) as redis:
        assert (await read_facts(redis)).loading
        async with service_at(url, CONSUMER).running():
            assert await redis.get("key-29999") == b"x" * 50
            assert len(await redis.xinfo_groups(COMMANDS.key)) == 1


async def test_an_intake_that_started_without_redis_refuses_a_server_that_evicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ended: list[BaseException | None] = []
    monkeypatch.setattr(
        "ratchet.service.service.end_the_process", lambda task: ended.append(task.exception())
    )
    port = free_port()
    async with service_at(f"redis://127.0.0.1:{port}/0").running():
        evicts = ("--maxmemory-policy", "allkeys-lru")
        with valkey_server(tmp_path, port, "1gb", *evicts):

            async def refused() -> bool:
                return bool(ended)

            await eventually(refused, 20)
    assert isinstance(ended[0], StartRefused)
    assert "allkeys-lru" in str(ended[0])


async def test_a_service_whose_group_is_missing_is_not_ready(redis: Redis, valkey_url: str):
    other = Consumer(EXPERIENCES, "other", {})
    service = service_at(valkey_url, CONSUMER, other)
    await redis.xgroup_create(COMMANDS.key, "test", id="0", mkstream=True)
    assert await service.unready() == (
        f"Redis at {valkey_url.partition('//')[2]} lacks the groups experiences:other"
    )
    await redis.xgroup_create(EXPERIENCES.key, "other", id="0", mkstream=True)
    assert await service.unready() is None
    await service.redis.aclose()


async def test_a_redis_that_does_not_answer_makes_a_service_unready_within_seconds(tmp_path: Path):
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    port = free_port()
    server = await asyncio.start_server(silent, "127.0.0.1", port)
    async with server:
        service = service_at(f"redis://127.0.0.1:{port}/0", CONSUMER)
        async with asyncio.timeout(8):
            assert "did not answer within" in str(await service.unready())
        await service.redis.aclose()


FACTS = RedisFacts(
    product="redis",
    version="7.2.4",
    mode="standalone",
    primary=None,
    loading=False,
    append_only=True,
    append_failed=False,
    fsync="everysec",
    snapshots="",
    policy="noeviction",
    used=1,
    maximum=2,
)


@pytest.mark.parametrize(
    ("facts", "refused"),
    [
        (FACTS, []),
        (replace(FACTS, version="6.2.14"), ["redis version"]),
        (replace(FACTS, version="5.0"), ["redis version"]),
        (replace(FACTS, version="7.0.15"), []),
        (replace(FACTS, version="10.1.0"), []),
        (replace(FACTS, version="255.255.255"), []),
        (replace(FACTS, product="valkey", version="1.0"), []),
        (replace(FACTS, mode="sentinel"), ["redis mode"]),
        (replace(FACTS, append_failed=True), []),
        (replace(FACTS, append_only=False, snapshots=None), []),
        (
            replace(FACTS, append_only=False, policy="allkeys-lfu"),
            ["redis persistence", "redis eviction"],
        ),
    ],
)
def test_what_is_refused_is_what_no_retry_repairs(facts: RedisFacts, refused: list[str]):
    findings = fitness(facts)
    assert [finding.name for finding in findings if finding.refused] == refused
    assert all(bool(finding.remedy) == (finding.level != "ok") for finding in findings)

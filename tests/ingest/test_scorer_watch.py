"""The scorer in service, through missing files, withdrawals and restarts of Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ingest.ranking import scorer_watch
from ingest.ranking.metrics import RankMetrics
from ingest.ranking.scorer_loading import ScorerLoader
from ingest.ranking.scorer_watch import ScorerWatch
from ingest.ranking.source import CallersOrder, ScorerInService
from ratchet.contract import SCORERS, RankingPolicy, ScorerPublished, ScorerWithdrawn
from ratchet.delivery import follow, newest
from ratchet.processes import end_all
from ratchet.storage import ArtifactStore
from ratchet_ranking import HashingEmbedding
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server

NO_SCORER = CallersOrder("no scorer yet")


class Watched:
    """A watch at work and the metrics it keeps."""

    def __init__(self, redis: Redis, data_dir: Path) -> None:
        self.registry = CollectorRegistry()
        loader = ScorerLoader(ArtifactStore(data_dir / "artifacts"), HashingEmbedding())
        metrics = RankMetrics(self.registry, HashingEmbedding.name)
        self.watch = ScorerWatch(redis, loader, metrics)

    def problems(self, kind: str) -> float:
        name = "ratchet_ranking_scorer_problems_total"
        return self.registry.get_sample_value(name, {"kind": kind}) or 0.0

    async def in_service(self, version: str) -> ScorerInService:
        async def serving() -> ScorerInService | None:
            source = self.watch.source
            matches = isinstance(source, ScorerInService) and source.version == version
            return source if matches else None

        return await eventually(serving)

    async def reports(self, problem: str) -> str:
        async def reported() -> str | None:
            current = self.watch.problem
            return current if current and problem in current else None

        return await eventually(reported)

    async def has_source(self, source: CallersOrder) -> None:
        async def stands() -> bool:
            return self.watch.source == source

        await eventually(stands)


@asynccontextmanager
async def watching(redis: Redis, data_dir: Path) -> AsyncIterator[Watched]:
    watched = Watched(redis, data_dir)
    at_work = asyncio.create_task(watched.watch.run())
    try:
        yield watched
        assert not at_work.done()
    finally:
        await end_all(at_work)


@pytest.fixture
async def watched(redis: Redis, tmp_path: Path) -> AsyncIterator[Watched]:
    async with watching(redis, tmp_path) as watched:
        yield watched


async def test_a_published_scorer_enters_service_with_its_own_policy(
    watched: Watched, trainer: Any
):
    assert watched.watch.source == NO_SCORER
    policy = RankingPolicy(weight=0.5, share=0.2)
    event = await trainer.publish("s1", policy=policy, trained_on=640)
    served = await watched.in_service("s1")
    assert (served.policy, served.trained_on) == (policy, 640)
    assert served.parameters == event.parameters
    assert served.embedding.name == "hashing-768-1"
    assert watched.registry.get_sample_value("ratchet_ranking_scorer_trained_on") == 640


async def test_a_file_that_arrives_after_its_event_is_loaded_then(watched: Watched, trainer: Any):
    await trainer.publish("s1")
    before = await watched.in_service("s1")
    content, event = trainer.train("s2", seed=2)
    await trainer.publish_events(event)
    assert "s2" in await watched.reports("is not in")
    assert watched.watch.source is before
    trainer.store(content)
    await watched.in_service("s2")
    assert watched.watch.problem is None
    assert watched.problems("missing") >= 1


async def test_a_missing_file_is_retried_at_growing_intervals(
    watched: Watched, trainer: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scorer_watch, "_FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(scorer_watch, "_LONGEST_WAIT_S", 0.05)
    content, event = trainer.train("s1")
    await trainer.publish_events(event)

    async def looked_often() -> bool:
        return watched.problems("missing") >= 8

    await eventually(looked_often)
    trainer.store(content)
    await watched.in_service("s1")


async def test_a_newer_scorer_ends_the_wait_for_a_missing_one(watched: Watched, trainer: Any):
    content, event = trainer.train("s1")
    await trainer.publish_events(event)
    await watched.reports("s1")
    await trainer.publish("s2", seed=2)
    await watched.in_service("s2")
    trainer.store(content)
    await trainer.publish("s3", seed=3)
    await watched.in_service("s3")
    assert watched.watch.problem is None


async def test_a_withdrawal_ends_the_wait_for_a_missing_one(watched: Watched, trainer: Any):
    _, event = trainer.train("s1")
    await trainer.publish_events(event)
    await watched.reports("s1")
    await trainer.withdraw("s1")
    await watched.has_source(CallersOrder("scorer s1 was withdrawn"))
    assert watched.watch.problem is None


async def test_a_modified_file_is_never_used_and_not_retried(
    watched: Watched, trainer: Any, tmp_path: Path
):
    await trainer.publish("s1")
    before = await watched.in_service("s1")
    content, event = trainer.train("s2", seed=2)
    place = ArtifactStore(tmp_path / "artifacts").path(trainer.store(content))
    place.write_bytes(content[:-4] + b"oops")
    await trainer.publish_events(event)
    await watched.reports("has changed on disk")
    assert watched.watch.source is before
    await trainer.publish("s3", seed=3)
    await watched.in_service("s3")
    assert watched.problems("corrupt") == 1


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"B_bias": np.zeros(63, np.float32)}, "B.bias has the shape (63,), not (64,)"),
        ({"out_bias": np.array([np.nan], np.float32)}, "not finite"),
        ({"A_weight": np.full((32, 813), 3e38, np.float32)}, "its scores are not finite"),
    ],
)
async def test_invalid_weights_are_never_used(
    watched: Watched, trainer: Any, changed: dict[str, Any], problem: str
):
    await trainer.publish("s1", **changed)
    await watched.reports(problem)
    assert watched.watch.source == NO_SCORER
    assert watched.problems("unusable") == 1


async def test_a_file_that_is_not_a_scorer_is_never_used(watched: Watched, trainer: Any):
    _, event = trainer.train("s1")
    artifact = trainer.store(b"no safetensors")
    await trainer.publish_events(event.model_copy(update={"artifact": artifact}))
    await watched.reports("holds no scorer")
    assert watched.watch.source == NO_SCORER


async def test_a_scorer_of_another_embedding_is_never_used(watched: Watched, trainer: Any):
    await trainer.publish("s1")
    before = await watched.in_service("s1")
    await trainer.publish("s2", seed=2, embedding="all-mpnet-base-v2")
    problem = await watched.reports("s2")
    assert "trained with all-mpnet-base-v2, this service has hashing-768-1" in problem
    assert watched.watch.source is before
    assert watched.problems("embedding") == 1


async def test_the_embedding_in_the_file_decides(watched: Watched, trainer: Any):
    content, event = trainer.train("s1", embedding="all-mpnet-base-v2")
    trainer.store(content)
    await trainer.publish_events(event.model_copy(update={"embedding": HashingEmbedding.name}))
    await watched.reports("all-mpnet-base-v2")
    assert watched.watch.source == NO_SCORER


async def test_a_withdrawn_scorer_leaves_service(watched: Watched, trainer: Any):
    await trainer.publish("s1")
    await watched.in_service("s1")
    await trainer.withdraw("s1")
    await watched.has_source(CallersOrder("scorer s1 was withdrawn"))
    assert watched.registry.get_sample_value("ratchet_ranking_scorer_trained_on") == 0


async def test_a_scorer_that_was_not_published_changes_nothing(watched: Watched, trainer: Any):
    await trainer.publish("s1")
    await watched.in_service("s1")
    await trainer.publish_refusals(3)
    await trainer.publish("s2", seed=2)
    await watched.in_service("s2")
    assert watched.watch.problem is None


async def test_a_start_finds_the_newest_scorer_behind_later_events_of_other_types(
    redis: Redis, trainer: Any, tmp_path: Path
):
    await trainer.publish("s1")
    await trainer.publish("s2", seed=2)
    await trainer.publish_refusals(1_200)
    await redis.xadd(SCORERS.key, {"__data__": "no event"})
    await redis.xadd(SCORERS.key, {"nothing": "at all"})
    async with watching(redis, tmp_path) as watched:
        await watched.in_service("s2")
        await trainer.publish("s3", seed=3)
        await watched.in_service("s3")


async def test_a_start_after_a_withdrawal_uses_the_callers_order(
    redis: Redis, trainer: Any, tmp_path: Path
):
    await trainer.publish("s1")
    await trainer.withdraw("s1")
    async with watching(redis, tmp_path) as watched:
        await watched.has_source(CallersOrder("scorer s1 was withdrawn"))


async def test_every_replica_follows_every_scorer(redis: Redis, trainer: Any, tmp_path: Path):
    async with watching(redis, tmp_path) as one, watching(redis, tmp_path) as other:
        await trainer.publish("s1")
        await one.in_service("s1")
        await other.in_service("s1")


async def test_a_scorer_stays_in_service_without_redis_and_later_changes_are_followed(
    trainer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scorer_watch, "_REDIS_WAIT_S", 0.05)
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    first, second = trainer.train("s1"), trainer.train("s2", seed=2)
    for content, _ in (first, second):
        trainer.store(content)
    async with Redis.from_url(url) as redis, watching(redis, tmp_path) as watched:
        with valkey_server(tmp_path / "one", port):
            await published(url, first[1])
            before = await watched.in_service("s1")
        with valkey_server(tmp_path / "two", port):
            assert watched.watch.source is before
            await published(url, second[1])
            await watched.in_service("s2")


async def published(url: str, event: ScorerPublished) -> None:
    async with Redis.from_url(url) as redis:
        await redis.xadd(SCORERS.key, {"__data__": event.model_dump_json()})


async def test_newest_and_follow_return_events_of_the_requested_types(redis: Redis, trainer: Any):
    kinds = (ScorerPublished, ScorerWithdrawn)
    assert await newest(redis, SCORERS, kinds) is None
    await trainer.publish_refusals(2)
    assert await newest(redis, SCORERS, kinds) is None
    event = await trainer.publish("s1")
    await trainer.publish_refusals(1)
    last = await newest(redis, SCORERS, kinds)
    assert last is not None
    assert last.event == event
    behind = [e async for e in until_quiet(redis, last.entry_id)]
    assert [e.type for e in behind] == ["ScorerKeptBack"]
    assert len([e async for e in until_quiet(redis, "0")]) == 4


async def until_quiet(redis: Redis, after: str) -> AsyncIterator[Any]:
    async for event in follow(redis, [SCORERS], after):
        if event is None:
            return
        yield event

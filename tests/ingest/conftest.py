"""A running intake, empty databases, and scorers as the trainer publishes them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from redis.asyncio import Redis

from ratchet.contract import (
    ArtifactRef,
    Event,
    Evidence,
    RankingPolicy,
    ScorerKeptBack,
    ScorerPublished,
    ScorerWithdrawn,
    derived_id,
    utc_now,
)
from ratchet.delivery import Publisher
from ratchet.storage import ArtifactStore
from ratchet_ranking import HashingEmbedding, ScorerManifest, scorer_bytes
from ratchet_testing.running_intake import api

SHAPES = {
    "A.weight": (32, 813),
    "B.weight": (64, 32),
    "B.bias": (64,),
    "out.weight": (1, 64),
    "out.bias": (1,),
    "composition.scenarios.weight": (19, 16),
    "composition.hidden.weight": (64, 1072),
    "composition.hidden.bias": (64,),
    "composition.out.weight": (1, 64),
    "composition.out.bias": (1,),
}
PARAMETERS = 98_929
POLICY = RankingPolicy()


class FakeTrainer:
    """Stores its files in `data_dir`; `published` counts the events."""

    def __init__(self, redis: Redis, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.published = 0
        self._store = ArtifactStore(data_dir / "artifacts")
        self._publisher = Publisher(redis)

    def train(
        self,
        version: str,
        seed: int = 1,
        embedding: str = HashingEmbedding.name,
        policy: RankingPolicy = POLICY,
        trained_on: int = 812,
        **changed: Any,
    ) -> tuple[bytes, ScorerPublished]:
        """The file, not stored yet, and the event, not published yet."""
        draw = np.random.default_rng(seed)
        weights = {
            name: draw.normal(0, 0.15, shape).astype(np.float32) for name, shape in SHAPES.items()
        }
        weights.update({name.replace("_", "."): value for name, value in changed.items()})
        manifest = ScorerManifest(
            embedding=embedding,
            policy=policy,
            trained_on=trained_on,
            steps=400,
            seed=seed,
            versions={"torch": "2.13.0", "numpy": np.__version__, "safetensors": "0.8.0"},
        )
        content = scorer_bytes(weights, manifest)
        event = ScorerPublished(
            **self._facts(version, trained_on),
            artifact=ArtifactStore(self.data_dir / "elsewhere").put_bytes(content, version),
            parameters=PARAMETERS,
            embedding=embedding,
            policy=policy,
        )
        return content, event

    def store(self, content: bytes) -> ArtifactRef:
        return self._store.put_bytes(content, "scorer.safetensors")

    async def publish_events(self, *events: Event) -> None:
        await self._publisher.publish(events)

    async def publish(self, version: str, seed: int = 1, **how: Any) -> ScorerPublished:
        content, event = self.train(version, seed, **how)
        self.store(content)
        await self.publish_events(event)
        return event

    async def withdraw(self, version: str) -> None:
        await self.publish_events(ScorerWithdrawn(**self._facts(version, 812)))

    async def publish_refusals(self, times: int) -> None:
        await self.publish_events(*(ScorerKeptBack(**self._facts("s9", 812)) for _ in range(times)))

    def _facts(self, version: str, trained_on: int) -> dict[str, Any]:
        self.published += 1
        return {
            "event_id": derived_id(version, str(self.published)),
            "occurred_at": utc_now(),
            "version": version,
            "trained_on": trained_on,
            "reason": "for a test",
            "evidence": Evidence(basis="nothing yet"),
        }


@pytest.fixture
async def client(redis: Redis, valkey_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with api(valkey_url) as client:
        yield client


@pytest.fixture
def trainer(redis: Redis, tmp_path: Path) -> FakeTrainer:
    return FakeTrainer(redis, tmp_path)

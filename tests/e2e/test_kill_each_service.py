"""kill -9 of every service during a run loses nothing and doubles nothing."""

import asyncio
import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.contract import (
    EXPERIENCES,
    STREAMS,
    CheckpointReady,
    Delivered,
    Event,
    ModelActivated,
    ModelRegistered,
    RunFinished,
    RunStarted,
)
from ratchet.delivery import DATA_FIELD, follow
from ratchet.processes import end_all
from ratchet.storage import sha256_of
from ratchet_cli.client.post_all import post_all
from ratchet_cli.demo.event_summary import EventSummary
from ratchet_cli.demo.settings import environment
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.supervisor import Supervisor
from ratchet_cli.embedded.up import up
from ratchet_testing.eventually import eventually
from ratchet_testing.simulated_facts import facts_of
from ratchet_testing.valkey import free_port
from reward.domain.state.policy import RewardPolicy
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics
from simulator import simulate
from simulator.traces import simulate_traces
from simulator.turn import Call, timeline

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
TURNS = list(simulate(11, questions=60, answers_per_question=2, start=START))
TRACES = [
    Call(START, "/v1/traces", {**row, "has_thinking": False})
    for row in simulate_traces(11, 16, start=START, absent_share=0)
]
SMALL_RUN = {
    "RATCHET_TRAINER_MIN_PAIRS": "10000",
    "RATCHET_TRAINER_MIN_LABELS": "10000",
    "RATCHET_TRAINER_MIN_DEMONSTRATIONS": str(len(TRACES)),
    "RATCHET_TRAINER_MAX_VOICE_EXAMPLES": str(len(TRACES)),
    "RATCHET_TRAINER_MAX_WIDGET_EXAMPLES": "0",
    "RATCHET_TRAINER_MIN_HELD_OUT": "6",
    "RATCHET_TRAINER_HELD_OUT_SHARE": "0.25",
    "RATCHET_TRAINER_VARIATION": '{"copies": 0, "questions": 0}',
    "RATCHET_TRAINER_GATE": json.dumps(
        {"min_preference_accuracy": 0, "max_fault_rise": 1, "max_right_fall": 1}
    ),
    "RATCHET_TRAINER_SETTLE_S": "1",
    "RATCHET_TRAINER_POLL_S": "0.5",
    "RATCHET_TRAINER_LEASE_S": "3",
    "RATCHET_TRAINER_SFT": json.dumps(
        {
            "learning_rate": 3e-4,
            "epochs": 1.2,
            "batch": 2,
            "accumulation": 1,
            "max_length": 384,
            "gradient_checkpointing": False,
        }
    ),
    "RATCHET_TRAINER_JUDGING": json.dumps(
        {"questions": 6, "fixed_questions": 3, "answer_tokens": 12, "plan_tokens": 12}
    ),
}
"""Enough training for a credible gain in the likelihood of a teacher's answers, not for true ones:
an answer ends after 12 tokens, so one case more decides."""
ONCE = (RunStarted, RunFinished, CheckpointReady, ModelRegistered, ModelActivated)


class RunningSystem:
    """A running system with its events so far; kills its services."""

    def __init__(
        self,
        embedded: Embedded,
        supervisor: Supervisor,
        redis: Redis,
        client: httpx.AsyncClient,
    ) -> None:
        self.embedded = embedded
        self.supervisor = supervisor
        self.redis = redis
        self._client = client
        self.story = EventSummary()
        self.events: list[Event] = []

    async def follow_events(self) -> None:
        async for event in follow(self.redis, STREAMS):
            if event is not None:
                self.events.append(event)
                self.story.add(event)

    async def kill(self, name: str) -> None:
        """kill -9 a service and wait until the supervisor has restarted it."""
        process = self.supervisor.processes[name]
        pid = process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

        async def restarted() -> bool:
            return process.pid not in (None, pid)

        await eventually(restarted, 30)

    async def status(self, name: str) -> dict[str, object]:
        url = f"http://127.0.0.1:{self.embedded.port_of(name)}/status"
        try:
            return dict((await self._client.get(url, timeout=2)).json())
        except httpx.HTTPError:
            return {}


async def expected_examples() -> set[str]:
    """Return the example ids that the same facts produce in one undisturbed process."""
    handlers = RewardHandlers(RewardPolicy(), RewardMetrics(CollectorRegistry()))
    state, story = MemoryState(), EventSummary()
    for fact in facts_of(TURNS):
        for event in state.apply(await handlers.handle([Delivered.of(fact)], state)):
            story.add(event)
    return {example.example_id for example in story.live}


@pytest.mark.heavy
async def test_every_service_killed_once_leaves_the_same_examples_and_one_model(
    tmp_path: Path, cache_dir: Path
):
    calls = [*timeline(TURNS), *TRACES]
    settings = {
        **environment(tmp_path / "data"),
        **SMALL_RUN,
        "RATCHET_CACHE_DIR": str(cache_dir),
    }
    embedded = Embedded(tmp_path / "data", free_port(7), settings)
    output: list[str] = []

    async with (
        up(embedded, lambda name, line: output.append(f"{name} {line}")) as supervisor,
        Redis.from_url(embedded.redis_url) as redis,
        httpx.AsyncClient(base_url=embedded.url, timeout=5) as client,
    ):
        system = RunningSystem(embedded, supervisor, redis, client)
        listening = asyncio.create_task(system.follow_events())
        posting = asyncio.create_task(post_all(client, calls, rate=60))

        async def some_are_in() -> bool:
            return len(system.story.experiences) >= 20

        await eventually(some_are_in, 60)
        await system.kill("ingest")
        poison = await redis.xadd(EXPERIENCES.key, {DATA_FIELD: '{"type":"ExperienceRecorded"}'})

        async def some_are_scored() -> bool:
            return len(system.story.rewards) >= 60

        await eventually(some_are_scored, 60)
        await system.kill("reward")
        posted = await posting
        assert posted.rejected == []
        assert posted.accepted == len(calls)

        async def it_trains() -> bool:
            progress = system.story.progress
            return progress is not None and progress.stage == "training" and progress.step >= 3

        await eventually(it_trains, 300)
        await system.kill("trainer")

        async def it_exports() -> bool:
            end = system.story.finished
            assert end is None or end.verdict == "accepted", end.reason
            return (await system.status("exporter")).get("last_stage") is not None

        await eventually(it_exports, 300)
        await system.kill("exporter")

        async def a_model_is_active() -> bool:
            return system.story.ended

        await eventually(a_model_is_active, 180)
        await everything_is_settled(system)
        await end_all(listening)

        assert {e.example_id for e in system.story.live} == await expected_examples()
        counts = {kind: sum(isinstance(e, kind) for e in system.events) for kind in ONCE}
        assert counts == dict.fromkeys(ONCE, 1), output[-40:]
        letters = await redis.xrange(EXPERIENCES.dead_key)
        dead = {(fields[b"group"], fields[b"entry_id"]) for _, fields in letters}
        assert dead == {(b"reward", poison), (b"ledger", poison)}
        assert len(letters) == 2
        assert b"experience: Field required" in letters[0][1][b"error"]

    the_registry_holds_one_sound_model(tmp_path / "data", system.story)


async def everything_is_settled(system: RunningSystem) -> None:
    async def nothing_waits() -> bool:
        for stream in STREAMS:
            if not await system.redis.exists(stream.key):
                continue
            for group in await system.redis.xinfo_groups(stream.key):
                if group["pending"] or group["lag"]:
                    return False
        return True

    await eventually(nothing_waits, 60)


def the_registry_holds_one_sound_model(data_dir: Path, story: EventSummary) -> None:
    assert story.registered is not None
    versions = sorted(p for p in (data_dir / "registry").glob("*/v*") if not p.is_symlink())
    assert [version.name for version in versions] == [story.registered.version]
    assert sha256_of(versions[0] / "model.gguf") == story.registered.gguf.sha256
    assert story.registered.parity.top1 >= 0.95
    leftovers = [p for p in (data_dir / "artifacts").rglob(".*") if p.is_file()]
    assert leftovers == []

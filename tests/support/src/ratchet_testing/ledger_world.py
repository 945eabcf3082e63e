"""The events of one day in a small plant, and a ledger to write them to."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.migration import migrate
from ledger.backends.snapshot import open_snapshot
from ledger.backends.writer import SqlLedger
from ratchet.contract import (
    ArtifactRef,
    CallServed,
    CheckpointReady,
    Delivered,
    Event,
    LabelBuilt,
    ModelActivated,
    ModelRegistered,
    ModelRolledBack,
    PairBuilt,
    Parity,
    RunFinished,
    RunProgressed,
    RunStarted,
    derived_id,
)
from ratchet_testing.simulated_facts import Fact, facts_of
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics
from reward.settings import RewardSettings
from simulator import simulate

START = datetime(2026, 1, 5, tzinfo=UTC)
_FILE = ArtifactRef(sha256="0" * 64, size=1, name="model.gguf")


class Opened:
    """A migrated database at `url`, with its writer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_for_writing(url)
        self.read = open_for_reading(url)
        migrate(self.engine)
        self.write = SqlLedger(self.engine).write

    @property
    def hash(self) -> str:
        with open_snapshot(self.url) as now:
            return now.content_hash

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()
        self.read.dispose()


def training(run_id: str, used: tuple[str, ...], version: str) -> list[Event]:
    def at(minutes: int, *names: str) -> dict[str, object]:
        time = START + timedelta(days=1, minutes=minutes)
        return {
            "event_id": derived_id(run_id, *names),
            "occurred_at": time,
            "run_id": run_id,
        }

    return [
        RunStarted.model_validate(
            at(0, "started")
            | {"method": "dpo", "base_model": "b", "dataset_sha256": "0" * 64, "pairs": 4}
            | {"held_out": 1, "reason": "enough wait", "example_ids": used}
        ),
        *(
            RunProgressed.model_validate(
                at(n, "at", str(n)) | {"stage": "training", "step": n, "steps": 3}
            )
            for n in (1, 2, 3)
        ),
        RunFinished.model_validate(
            at(9, "finished")
            | {"method": "dpo", "verdict": "accepted", "reason": "better", "pairs": 5}
            | {"seconds": 540.5, "curve": ({"step": 1, "loss": 0.7}, {"step": 3, "loss": 0.4})}
        ),
        CheckpointReady.model_validate(
            at(10, "checkpoint") | {"base_model": "b", "manifest": _FILE}
        ),
        ModelRegistered.model_validate(
            at(12, "registered")
            | {"name": "n", "version": version, "registry": "local", "quantization": "q8_0"}
            | {"gguf": _FILE, "smoke_answer": "45 kW", "seconds": 30.0}
            | {"parity": Parity(top1=0.98, kl=0.003, tokens=100, template_equal=True)}
        ),
        ModelActivated.model_validate(
            at(13, "activated") | {"name": "n", "version": version, "previous": "v0"}
        ),
    ]


def rolled_back(version: str, to: str) -> list[Event]:
    return [
        ModelRolledBack(
            event_id=derived_id(version, "rolled back"),
            occurred_at=START + timedelta(days=2),
            name="n",
            version=to,
            previous=version,
            requested_by="maria",
            reason="worse on chillers",
        )
    ]


async def _made(facts: Sequence[Fact | CallServed]) -> list[Event]:
    handlers = RewardHandlers(RewardSettings().reward_policy, RewardMetrics(CollectorRegistry()))
    state = MemoryState()
    return [
        e for fact in facts for e in state.apply(await handlers.handle([Delivered.of(fact)], state))
    ]


def made_of(facts: Sequence[Fact | CallServed]) -> list[Event]:
    """Return the events that the reward service emits for `facts`, handled one by one."""
    return asyncio.run(_made(facts))


def _day(questions: int) -> tuple[Event, ...]:
    facts = facts_of(simulate(1, questions, 2, start=START))
    made = made_of(facts)
    built = (e.example_id for e in made if isinstance(e, PairBuilt | LabelBuilt))
    used = tuple(dict.fromkeys(built))
    return (*facts, *made, *training("run-1", used[:5], "v1"), *rolled_back("v1", "v0"))


DAY = _day(40)
"""Facts, their rewards and examples, and one accepted run whose model is rolled back."""

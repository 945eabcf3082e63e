"""One command, one move of the alias in every registry, or a refusal that names what is wrong."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama import OllamaRegistry
from exporter.domain.registry.activation_result import ActivationResult
from exporter.metrics import ExporterMetrics
from exporter.registry.activation import ActivationHandler, Command
from exporter.registry.alias import Alias
from exporter.registry.integrity import IntegrityCheck
from ratchet.contract import (
    ActivationRefused,
    ActivationRequested,
    Done,
    Event,
    Later,
    ModelActivated,
    ModelRolledBack,
    Outcome,
    RollbackRequested,
    TrainingRequested,
)
from ratchet.storage import ArtifactStore
from reward.memory_state import MemoryState

NOON = datetime(2026, 9, 11, 12, tzinfo=UTC)


class Killed(BaseException):
    """As a SIGKILL: nothing after it runs, no handler of errors catches it."""


@dataclass
class Bench:
    """Three registered versions in both registries; v1, v2 and v3 were activated in turn."""

    handler: ActivationHandler
    local: LocalRegistry
    ollama: OllamaRegistry
    metrics: CollectorRegistry
    artifacts: ArtifactStore
    settled: list[ActivationResult] = field(default_factory=list)

    async def deliver(self, command: Event) -> Outcome:
        return (await self.handler.handle([command], MemoryState()))[0]

    async def said(self, command: Command) -> Any:
        """The one event that the command led to."""
        outcome = await self.deliver(command)
        assert isinstance(outcome, Done), outcome
        [event] = outcome.emits
        return event

    async def active(self) -> tuple[str | None, str | None]:
        return await self.local.active(), await self.ollama.active()

    async def synchronize(self) -> None:
        await self.handler.alias.synchronize(self.handler.records, self.handler.server)


def activate(version: str, event_id: str = "activate-1") -> ActivationRequested:
    return ActivationRequested(
        event_id=event_id,
        occurred_at=NOON,
        requested_by="maria",
        reason="better on chillers",
        version=version,
    )


def roll_back(event_id: str = "rollback-1") -> RollbackRequested:
    return RollbackRequested(
        event_id=event_id, occurred_at=NOON, requested_by="ben", reason="worse"
    )


@pytest.fixture
async def bench(
    tmp_path: Path, record: Any, ggufs: dict[str, Path], ollama: Any
) -> AsyncIterator[Bench]:
    artifacts = ArtifactStore(tmp_path / "artifacts")
    local = LocalRegistry(tmp_path / "registry", "m")
    alias = Alias(ActivationJournal(tmp_path / "registry" / "m" / "activations.json"))
    registry = CollectorRegistry()
    settled: list[ActivationResult] = []
    handler = ActivationHandler(
        name="m",
        records=local,
        server=None,
        integrity=IntegrityCheck(artifacts, local),
        alias=alias,
        metrics=ExporterMetrics(registry),
        on_result=settled.append,
    )
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(base_url="http://stand-in", transport=transport) as client:
        handler.server = served = OllamaRegistry(client, "m")
        bench = Bench(handler, local, served, registry, artifacts, settled)
        for version, file in ggufs.items():
            stored = artifacts.put(file, "model.gguf")
            manifest = artifacts.put_bytes(version.encode(), "manifest.json")
            known = record(version)
            export = known.export.model_copy(update={"gguf": stored})
            made = known.model_copy(update={"export": export, "manifest": manifest})
            for where in (local, served):
                await where.register(made, artifacts.path(stored))
            await bench.deliver(activate(version, f"activate-{version}"))
        settled.clear()
        yield bench


class Away:
    """A registry that does not answer."""

    kind = "ollama"

    async def available(self) -> bool:
        return False


class DiesBefore:
    """A registry whose process is killed when the alias is to move."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    async def move_alias(self, version: str) -> None:
        raise Killed


async def test_an_activation_moves_every_alias_and_says_who_and_why(bench: Bench) -> None:
    event = await bench.said(activate("v1"))

    assert isinstance(event, ModelActivated)
    assert (event.version, event.previous, event.caused_by) == ("v1", "v3", "activate-1")
    assert (event.requested_by, event.reason) == ("maria", "better on chillers")
    assert event.registries == ("local", "ollama")
    assert await bench.active() == ("v1", "v1")


async def test_rollback_after_rollback_goes_one_further_back_each_time(bench: Bench) -> None:
    first = await bench.said(roll_back("rollback-1"))
    second = await bench.said(roll_back("rollback-2"))
    third = await bench.said(roll_back("rollback-3"))

    assert isinstance(first, ModelRolledBack)
    assert [(event.version, event.previous) for event in (first, second)] == [
        ("v2", "v3"),
        ("v1", "v2"),
    ]
    assert (first.requested_by, first.reason) == ("ben", "worse")
    assert isinstance(third, ActivationRefused)
    assert "no registered version was active before v1" in third.reason
    assert "v2, v3" in third.reason
    assert await bench.active() == ("v1", "v1")


@pytest.mark.parametrize("back", [False, True])
async def test_a_redelivery_says_the_same_and_moves_nothing(bench: Bench, back: bool) -> None:
    command = roll_back() if back else activate("v2")
    first = await bench.said(command)
    assert await bench.said(command) == first

    await bench.said(activate("v1", "activate-later"))
    again = await bench.said(command)
    assert (again.event_id, again.version, again.previous) == (first.event_id, "v2", "v3")
    assert again.occurred_at == first.occurred_at
    assert await bench.active() == ("v1", "v1")


async def test_to_activate_the_active_version_says_that_it_was(bench: Bench) -> None:
    event = await bench.said(activate("v3"))

    assert (event.version, event.previous) == ("v3", "v3")
    assert await bench.active() == ("v3", "v3")
    assert (await bench.said(roll_back())).version == "v2"


@pytest.mark.parametrize("damage", ["shorter", "another byte", "missing", "a manifest"])
async def test_a_version_whose_files_changed_is_refused_by_name(
    bench: Bench, damage: str, tmp_path: Path
) -> None:
    file = bench.local.gguf("v2")
    content = file.read_bytes()
    match damage:
        case "shorter":
            file.write_bytes(content[:-1])
        case "another byte":
            file.write_bytes(b"X" + content[1:])
        case "missing":
            file.unlink()
        case "a manifest":
            known = await bench.local.record("v2")
            assert known is not None
            bench.artifacts.path(known.manifest).write_bytes(b"other")

    for command in (roll_back(), activate("v2")):
        event = await bench.said(command)
        assert isinstance(event, ActivationRefused)
        assert event.version == "v2"
        assert ("manifest" if damage == "a manifest" else "model.gguf of v2") in event.reason
        assert "or activate another version" in event.reason
    assert await bench.active() == ("v3", "v3")
    assert (await bench.said(roll_back("rollback-9"))).version == "v2", "refused, not passed over"


@pytest.mark.parametrize("version", ["v9", "latest", "../../elsewhere", os.sep])
async def test_what_is_not_registered_is_refused_with_what_is(bench: Bench, version: str) -> None:
    event = await bench.said(activate(version))

    assert isinstance(event, ActivationRefused)
    assert event.reason == f"{version} is not registered: registered are v1, v2, v3"
    assert await bench.active() == ("v3", "v3")


async def test_a_version_ollama_does_not_have_is_refused_with_the_remedy(bench: Bench) -> None:
    await bench.ollama.remove("v1")
    event = await bench.said(activate("v1"))

    assert isinstance(event, ActivationRefused)
    assert "ollama does not have v1" in event.reason
    assert "`ratchet models` says when it does" in event.reason
    assert await bench.active() == ("v3", "v3")


@pytest.mark.parametrize("which", ["records", "server"])
async def test_killed_before_an_alias_moved_the_redelivery_ends_the_same(
    bench: Bench, which: str
) -> None:
    whole = getattr(bench.handler, which)
    setattr(bench.handler, which, DiesBefore(whole))
    with pytest.raises(Killed):
        await bench.deliver(roll_back())
    setattr(bench.handler, which, whole)

    event = await bench.said(roll_back())
    assert (event.version, event.previous) == ("v2", "v3")
    assert await bench.active() == ("v2", "v2")


@pytest.mark.parametrize("which", ["records", "server"])
async def test_killed_between_the_registries_a_start_makes_them_agree(
    bench: Bench, which: str
) -> None:
    whole = getattr(bench.handler, which)
    setattr(bench.handler, which, DiesBefore(whole))
    with pytest.raises(Killed):
        await bench.deliver(roll_back())
    setattr(bench.handler, which, whole)

    await bench.synchronize()
    assert await bench.active() == ("v2", "v2")


async def test_another_command_after_a_kill_starts_from_what_was_decided(bench: Bench) -> None:
    bench.handler.records = DiesBefore(bench.local)  # type: ignore[assignment]
    with pytest.raises(Killed):
        await bench.deliver(roll_back("rollback-1"))
    bench.handler.records = bench.local

    event = await bench.said(roll_back("rollback-2"))
    assert (event.version, event.previous) == ("v1", "v2")


async def test_an_ollama_that_does_not_answer_follows_when_it_does(bench: Bench) -> None:
    bench.handler.server = Away()  # type: ignore[assignment]
    event = await bench.said(roll_back())
    assert (event.version, event.registries) == ("v2", ("local",))
    await bench.synchronize()
    assert await bench.active() == ("v2", "v3")

    bench.handler.server = bench.ollama
    await bench.synchronize()
    assert await bench.active() == ("v2", "v2")


async def test_an_alias_set_by_other_hands_is_where_the_next_rollback_leads(
    bench: Bench,
) -> None:
    await bench.local.move_alias("v1")
    await bench.synchronize()
    assert await bench.active() == ("v1", "v1")

    await bench.said(activate("v2"))
    assert (await bench.said(roll_back())).version == "v1"


async def test_a_disk_in_trouble_is_tried_again_and_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("exporter.backends.registries.activation_journal.write_whole", full)
        outcome = await bench.deliver(roll_back())
    assert isinstance(outcome, Later)
    assert await bench.active() == ("v3", "v3")

    await bench.said(roll_back())
    assert [(told.outcome, told.version) for told in bench.settled] == [
        ("later", None),
        ("moved", "v2"),
    ]
    assert "No space left" in bench.settled[0].reason


async def test_commands_to_the_trainer_are_none_of_ours(bench: Bench) -> None:
    asked = TrainingRequested(event_id="train-01", occurred_at=NOON, requested_by="maria")

    assert await bench.deliver(asked) == Done()
    assert bench.settled == []


async def test_outcomes_are_told_and_counted(bench: Bench) -> None:
    await bench.said(roll_back())
    await bench.said(activate("v9"))

    moved, refused = bench.settled
    assert (moved.event_id, moved.command, moved.outcome) == ("rollback-1", "rollback", "moved")
    assert (moved.version, moved.previous) == ("v2", "v3")
    assert (refused.command, refused.outcome) == ("activate", "refused")
    assert "not registered" in refused.reason
    for command, outcome in (("rollback", "moved"), ("activate", "refused")):
        labels = {"command": command, "outcome": outcome}
        assert bench.metrics.get_sample_value("ratchet_activations_total", labels) == 1

"""A command moves the alias in every registry once, or is refused with a reason."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.registries.refused_commands import RefusedCommands
from exporter.domain.registry.alias_history import ActivationResult
from exporter.registry.activation import ActivationHandler, AliasCommand
from exporter.registry.integrity import IntegrityCheck
from ratchet.contract import (
    ActivationRefused,
    ActivationRequested,
    Done,
    Later,
    ModelActivated,
    ModelRolledBack,
    Outcome,
    RollbackRequested,
)

from .conftest import NOON, Registries
from .stand_ins import FixedAnswers, Killed, KilledAt


@dataclass
class Commands:
    """Delivers commands to `handler`; v1, v2 and v3 are registered and were activated in turn."""

    handler: ActivationHandler
    registries: Registries
    results: list[ActivationResult] = field(default_factory=list)

    async def deliver(self, command: AliasCommand) -> Outcome:
        return await self.handler.handle(command)

    async def event(self, command: AliasCommand) -> Any:
        """The one event that the command caused."""
        outcome = await self.deliver(command)
        assert isinstance(outcome, Done), outcome
        [event] = outcome.emits
        return event

    async def active(self) -> tuple[str | None, str | None]:
        return await self.registries.local.active(), await self.registries.ollama.active()

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
async def commands(registries: Registries, record: Any, ggufs: dict[str, Path]) -> Commands:
    local, ollama, artifacts = registries.local, registries.ollama, registries.artifacts
    results: list[ActivationResult] = []
    handler = ActivationHandler(
        name="m",
        records=local,
        server=ollama,
        integrity=IntegrityCheck(artifacts, local),
        alias=registries.alias,
        refusals=RefusedCommands(registries.root / "refused_commands.json"),
        metrics=registries.metrics,
        on_result=results.append,
    )
    commands = Commands(handler, registries, results)
    for version, file in ggufs.items():
        stored = artifacts.put(file, "model.gguf")
        manifest = artifacts.put_bytes(version.encode(), "manifest.json")
        known = record(version)
        export = known.export.model_copy(update={"gguf": stored})
        registered = known.model_copy(update={"export": export, "manifest": manifest})
        for registry in (local, ollama):
            await registry.register(registered, artifacts.path(stored))
        await commands.deliver(activate(version, f"activate-{version}"))
    results.clear()
    return commands


async def test_an_activation_moves_every_alias_and_records_who_requested_it_and_why(
    commands: Commands,
) -> None:
    event = await commands.event(activate("v1"))

    assert isinstance(event, ModelActivated)
    assert (event.version, event.previous, event.caused_by) == ("v1", "v3", "activate-1")
    assert (event.requested_by, event.reason) == ("maria", "better on chillers")
    assert event.registries == ("local", "ollama")
    assert await commands.active() == ("v1", "v1")


async def test_each_rollback_goes_one_version_further_back(commands: Commands) -> None:
    first = await commands.event(roll_back("rollback-1"))
    second = await commands.event(roll_back("rollback-2"))
    third = await commands.event(roll_back("rollback-3"))

    assert isinstance(first, ModelRolledBack)
    assert [(event.version, event.previous) for event in (first, second)] == [
        ("v2", "v3"),
        ("v1", "v2"),
    ]
    assert (first.requested_by, first.reason) == ("ben", "worse")
    assert isinstance(third, ActivationRefused)
    assert "no registered version was active before v1" in third.reason
    assert "v2, v3" in third.reason
    assert await commands.active() == ("v1", "v1")


async def test_with_a_damaged_history_a_rollback_leads_to_the_version_before(
    commands: Commands,
) -> None:
    (commands.registries.root / "activations.json").write_text("[")
    first = await commands.event(roll_back("rollback-1"))
    assert isinstance(first, ModelRolledBack)
    assert (first.version, first.previous) == ("v2", "v3")
    assert isinstance(await commands.event(activate("v1")), ModelActivated)
    assert await commands.active() == ("v1", "v1")


@pytest.mark.parametrize("back", [False, True])
async def test_a_redelivery_publishes_the_same_event_and_moves_nothing(
    commands: Commands, back: bool
) -> None:
    command = roll_back() if back else activate("v2")
    first = await commands.event(command)
    assert await commands.event(command) == first

    await commands.event(activate("v1", "activate-later"))
    again = await commands.event(command)
    assert (again.event_id, again.version, again.previous) == (first.event_id, "v2", "v3")
    assert again.occurred_at == first.occurred_at
    assert await commands.active() == ("v1", "v1")


async def test_commands_that_a_restored_redis_delivers_again_move_nothing(
    commands: Commands,
) -> None:
    """All of them in their order, after later ones that the restored Redis does not have."""
    restored = [activate("v1"), roll_back(), activate("v2", "activate-2"), roll_back("rollback-2")]
    first = [await commands.event(command) for command in restored]
    await commands.event(activate("v2", "activate-lost"))
    before = await commands.active()

    again = [await commands.event(command) for command in restored]
    assert [event.event_id for event in again] == [event.event_id for event in first]
    assert await commands.active() == before == ("v2", "v2")


@pytest.mark.parametrize("command", [activate("v2"), roll_back()])
async def test_a_refused_command_that_is_delivered_again_stays_refused_when_its_cause_is_gone(
    commands: Commands, command: AliasCommand
) -> None:
    file = commands.registries.local.gguf("v2")
    good = file.read_bytes()
    file.write_bytes(good[:-1])
    refused = await commands.event(command)
    assert isinstance(refused, ActivationRefused)

    file.write_bytes(good)
    assert await commands.event(command) == refused
    assert await commands.active() == ("v3", "v3")
    assert (await commands.event(activate("v2", "asked-again"))).version == "v2"


async def test_a_damaged_list_of_refused_commands_is_named_and_stops_nothing(
    commands: Commands, caplog: pytest.LogCaptureFixture
) -> None:
    path = commands.registries.root / "refused_commands.json"
    assert isinstance(await commands.event(activate("v9", "refused-1")), ActivationRefused)
    path.write_bytes(path.read_bytes()[:20])
    assert isinstance(await commands.event(activate("v9", "refused-2")), ActivationRefused)
    assert str(path) in caplog.text
    assert "Put a good copy back" in caplog.text
    assert isinstance(await commands.event(activate("v2")), ModelActivated)


async def test_activating_the_active_version_succeeds(commands: Commands) -> None:
    event = await commands.event(activate("v3"))

    assert (event.version, event.previous) == ("v3", "v3")
    assert await commands.active() == ("v3", "v3")
    assert (await commands.event(roll_back())).version == "v2"


@pytest.mark.parametrize("damage", ["shorter", "another byte", "missing", "a manifest"])
async def test_a_version_with_changed_files_is_refused(
    commands: Commands, damage: str, tmp_path: Path
) -> None:
    file = commands.registries.local.gguf("v2")
    content = file.read_bytes()
    match damage:
        case "shorter":
            file.write_bytes(content[:-1])
        case "another byte":
            file.write_bytes(b"X" + content[1:])
        case "missing":
            file.unlink()
        case "a manifest":
            known = await commands.registries.local.record("v2")
            assert known is not None
            commands.registries.artifacts.path(known.manifest).write_bytes(b"other")

    for command in (roll_back(), activate("v2")):
        event = await commands.event(command)
        assert isinstance(event, ActivationRefused)
        assert event.version == "v2"
        assert ("manifest" if damage == "a manifest" else "model.gguf of v2") in event.reason
        assert "or activate another version" in event.reason
    assert await commands.active() == ("v3", "v3")
    assert (await commands.event(roll_back("rollback-9"))).version == "v2", "refused, not skipped"


@pytest.mark.parametrize("version", ["v9", "latest", "../../elsewhere", os.sep])
async def test_an_unknown_version_is_refused_with_the_registered_ones(
    commands: Commands, version: str
) -> None:
    event = await commands.event(activate(version))

    assert isinstance(event, ActivationRefused)
    assert event.reason == f"{version} is not registered: registered are v1, v2, v3"
    assert await commands.active() == ("v3", "v3")


async def test_a_version_that_ollama_lacks_is_refused_with_the_remedy(commands: Commands) -> None:
    await commands.registries.ollama.remove("v1")
    event = await commands.event(activate("v1"))

    assert isinstance(event, ActivationRefused)
    assert "ollama does not have v1" in event.reason
    assert "`ratchet models` shows when it does" in event.reason
    assert await commands.active() == ("v3", "v3")


@pytest.mark.parametrize("which", ["records", "server"])
async def test_after_a_kill_before_an_alias_moved_a_redelivery_ends_the_same(
    commands: Commands, which: str
) -> None:
    whole = getattr(commands.handler, which)
    setattr(commands.handler, which, KilledAt(whole, "move_alias", before=True))
    with pytest.raises(Killed):
        await commands.deliver(roll_back())
    setattr(commands.handler, which, whole)

    event = await commands.event(roll_back())
    assert (event.version, event.previous) == ("v2", "v3")
    assert await commands.active() == ("v2", "v2")


@pytest.mark.parametrize("which", ["records", "server"])
async def test_after_a_kill_between_the_registries_a_start_synchronizes_them(
    commands: Commands, which: str
) -> None:
    whole = getattr(commands.handler, which)
    setattr(commands.handler, which, KilledAt(whole, "move_alias", before=True))
    with pytest.raises(Killed):
        await commands.deliver(roll_back())
    setattr(commands.handler, which, whole)

    await commands.synchronize()
    assert await commands.active() == ("v2", "v2")


async def test_a_command_after_a_kill_starts_from_the_journalled_move(commands: Commands) -> None:
    killed: Any = KilledAt(commands.registries.local, "move_alias", before=True)
    commands.handler.records = killed
    with pytest.raises(Killed):
        await commands.deliver(roll_back("rollback-1"))
    commands.handler.records = commands.registries.local

    event = await commands.event(roll_back("rollback-2"))
    assert (event.version, event.previous) == ("v1", "v2")


async def test_an_unavailable_ollama_follows_later(commands: Commands) -> None:
    commands.handler.server = FixedAnswers(commands.registries.ollama, up=False)
    event = await commands.event(roll_back())
    assert (event.version, event.registries) == ("v2", ("local",))
    await commands.synchronize()
    assert await commands.active() == ("v2", "v3")

    commands.handler.server = commands.registries.ollama
    await commands.synchronize()
    assert await commands.active() == ("v2", "v2")


async def test_a_rollback_leads_to_an_alias_that_was_set_manually(
    commands: Commands,
) -> None:
    await commands.registries.local.move_alias("v1")
    await commands.synchronize()
    assert await commands.active() == ("v1", "v1")

    await commands.event(activate("v2"))
    assert (await commands.event(roll_back())).version == "v1"


async def test_a_full_disk_is_reported_and_retried(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("exporter.backends.registries.activation_journal.write_whole", full)
        outcome = await commands.deliver(roll_back())
    assert isinstance(outcome, Later)
    assert await commands.active() == ("v3", "v3")

    await commands.event(roll_back())
    assert [(result.outcome, result.version) for result in commands.results] == [
        ("later", None),
        ("moved", "v2"),
    ]
    assert "No space left" in commands.results[0].reason


async def test_outcomes_are_reported_and_counted(commands: Commands) -> None:
    await commands.event(roll_back())
    await commands.event(activate("v9"))

    moved, refused = commands.results
    assert (moved.event_id, moved.command, moved.outcome) == ("rollback-1", "rollback", "moved")
    assert (moved.version, moved.previous) == ("v2", "v3")
    assert (refused.command, refused.outcome) == ("activate", "refused")
    assert "not registered" in refused.reason
    for command, outcome in (("rollback", "moved"), ("activate", "refused")):
        labels = {"command": command, "outcome": outcome}
        sample = commands.registries.samples.get_sample_value("ratchet_activations_total", labels)
        assert sample == 1

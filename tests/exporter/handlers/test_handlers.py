"""One CheckpointReady is one registered model, however often it is delivered or broken off."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from exporter.domain.export_messages import ExportRefused
from exporter.ports import ExportInterrupted, Registry
from ratchet.contract import (
    Done,
    Invalid,
    Later,
    ModelActivated,
    ModelRefused,
    ModelRegistered,
    Parity,
)

PARITY = Parity(top1=0.5, kl=1.0, tokens=10, template_equal=True)


class Killed(BaseException):
    """As a SIGKILL: nothing after it runs, no handler of errors catches it."""


class DiesAfter:
    """A registry whose process is killed right after the named call took effect."""

    def __init__(self, registry: Registry, call: str) -> None:
        self._registry = registry
        self._call = call

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._registry, name)
        if name != self._call:
            return found

        async def then_die(*arguments: Any) -> None:
            await found(*arguments)
            raise Killed

        return then_die


async def test_an_accepted_adapter_becomes_the_active_model(place: Any, ollama: Any) -> None:
    outcome = await place.deliver(place.checkpoint())

    assert isinstance(outcome, Done)
    registered, activated = outcome.emits
    assert isinstance(registered, ModelRegistered)
    assert isinstance(activated, ModelActivated)
    assert (registered.registry, registered.run_id) == ("ollama", "run-1")
    assert registered.caused_by == activated.caused_by == "checkpoint-1"
    assert activated.version == registered.version == await place.handler.records.active()
    assert set(ollama.tags) == {f"m:{registered.version}", "m:latest"}


@pytest.mark.parametrize("at", ["register", "move_alias"])
@pytest.mark.parametrize("which", ["records", "server"])
async def test_killed_after_any_step_the_next_delivery_ends_the_same(
    place: Any, ollama: Any, which: str, at: str
) -> None:
    await place.deliver(place.checkpoint(1))
    undisturbed = getattr(place.handler, which)
    setattr(place.handler, which, DiesAfter(undisturbed, at))
    with pytest.raises(Killed):
        await place.deliver(place.checkpoint(2))
    setattr(place.handler, which, undisturbed)

    first = await place.deliver(place.checkpoint(2))
    again = await place.deliver(place.checkpoint(2))

    assert isinstance(first, Done)
    assert isinstance(again, Done)
    ids = [[event.event_id for event in outcome.emits] for outcome in (first, again)]
    assert ids[0] == ids[1]
    versions = await place.handler.records.versions()
    assert len(versions) == 2
    assert set(ollama.tags) == {"m:latest", *(f"m:{version}" for version in versions)}
    assert isinstance(first.emits[1], ModelActivated)
    assert (first.emits[1].version, first.emits[1].previous) == (versions[1], versions[0])
    names = sorted(p.name for p in place.root.iterdir())
    assert names == ["activations.json", "latest", "previous", *versions]
    assert place.exporter.calls == 2


async def test_without_ollama_the_directory_alone_serves(place: Any) -> None:
    place.handler.server = None
    outcome = await place.deliver(place.checkpoint())

    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRegistered)
    assert outcome.emits[0].registry == "local"


async def test_a_model_that_moved_away_is_refused_with_its_figures(place: Any) -> None:
    place.exporter.answers = [ExportRefused(reason="q8_0: too far", parity=PARITY)]
    outcome = await place.deliver(place.checkpoint())

    assert isinstance(outcome, Done)
    (refused,) = outcome.emits
    assert isinstance(refused, ModelRefused)
    assert (refused.reason, refused.parity) == ("q8_0: too far", PARITY)
    assert await place.handler.records.versions() == ()


async def test_ollama_never_serves_with_a_template_nobody_knows(
    place: Any, record: Any, ollama: Any
) -> None:
    place.exporter.export_ = record("v1", template=False).export
    outcome = await place.deliver(place.checkpoint())

    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRefused)
    assert ollama.tags == {}


async def test_trouble_passes_and_the_same_checkpoint_is_tried_later(
    place: Any, ollama: Any
) -> None:
    place.exporter.answers = [ExportInterrupted("killed"), OSError(28, "No space left on device")]
    ollama.fail_create = True

    for reason in ("killed", "No space left on device", "no space left"):
        outcome = await place.deliver(place.checkpoint())
        assert isinstance(outcome, Later)
        assert reason in outcome.reason

    ollama.fail_create = False
    assert isinstance(await place.deliver(place.checkpoint()), Done)
    assert len(await place.handler.records.versions()) == 1


async def test_a_manifest_without_prompts_or_sense_is_invalid(place: Any) -> None:
    assert isinstance(await place.deliver(place.checkpoint(references=None)), Invalid)
    nonsense = {"manifest": place.artifacts.put_bytes(b"{}", "manifest")}
    assert isinstance(await place.deliver(place.checkpoint().model_copy(update=nonsense)), Invalid)
    assert place.exporter.calls == 0


async def test_a_manifest_that_is_not_there_yet_is_waited_for(place: Any) -> None:
    checkpoint = place.checkpoint()
    place.artifacts.path(checkpoint.manifest).unlink()

    assert isinstance(await place.deliver(checkpoint), Later)


async def test_a_manifest_whose_bytes_changed_is_invalid(place: Any) -> None:
    checkpoint = place.checkpoint()
    place.artifacts.path(checkpoint.manifest).write_bytes(b"{}")

    assert isinstance(await place.deliver(checkpoint), Invalid)


async def test_a_late_older_checkpoint_is_registered_but_not_activated(place: Any) -> None:
    await place.deliver(place.checkpoint(2))
    outcome = await place.deliver(place.checkpoint(1))

    assert isinstance(outcome, Done)
    assert [type(event) for event in outcome.emits] == [ModelRegistered]
    assert await place.handler.records.active() == max(await place.handler.records.versions())


async def test_two_old_versions_stay_registered(place: Any, ollama: Any) -> None:
    for number in range(1, 6):
        await place.deliver(place.checkpoint(number))

    versions = await place.handler.records.versions()
    assert len(versions) == 3
    assert set(ollama.tags) == {"m:latest", *(f"m:{version}" for version in versions)}


def test_the_figures_of_the_record_name_the_file_itself(record: Any, gguf: Path) -> None:
    assert record("v1").export.gguf.sha256 == hashlib.sha256(gguf.read_bytes()).hexdigest()

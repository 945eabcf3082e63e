"""One CheckpointReady gives one registered model, also after redelivery and kills."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from exporter.domain.export_messages import ExportRefused
from exporter.export.child_processes import ExportInterrupted
from ratchet.contract import (
    Done,
    Invalid,
    Later,
    ModelActivated,
    ModelRefused,
    ModelRegistered,
    Parity,
)

from .conftest import Checkpoints
from .stand_ins import Killed, KilledAt

PARITY = Parity(top1=0.5, kl=1.0, tokens=10, template_equal=True)


async def test_an_accepted_adapter_becomes_the_active_model(
    checkpoints: Checkpoints, ollama: Any
) -> None:
    outcome = await checkpoints.deliver(checkpoints.checkpoint())

    assert isinstance(outcome, Done)
    registered, activated = outcome.emits
    assert isinstance(registered, ModelRegistered)
    assert isinstance(activated, ModelActivated)
    assert (registered.registry, registered.run_id) == ("ollama", "run-1")
    assert registered.caused_by == activated.caused_by == "checkpoint-1"
    assert activated.version == registered.version == await checkpoints.active()
    assert set(ollama.tags) == {f"m:{registered.version}", "m:latest"}


@pytest.mark.parametrize("at", ["register", "move_alias"])
@pytest.mark.parametrize("which", ["records", "server"])
async def test_after_a_kill_at_any_step_a_redelivery_ends_the_same(
    checkpoints: Checkpoints, ollama: Any, which: str, at: str
) -> None:
    await checkpoints.deliver(checkpoints.checkpoint(1))
    undisturbed = getattr(checkpoints.handler, which)
    setattr(checkpoints.handler, which, KilledAt(undisturbed, at, before=False))
    with pytest.raises(Killed):
        await checkpoints.deliver(checkpoints.checkpoint(2))
    setattr(checkpoints.handler, which, undisturbed)

    first = await checkpoints.deliver(checkpoints.checkpoint(2))
    again = await checkpoints.deliver(checkpoints.checkpoint(2))

    assert isinstance(first, Done)
    assert isinstance(again, Done)
    ids = [[event.event_id for event in outcome.emits] for outcome in (first, again)]
    assert ids[0] == ids[1]
    versions = await checkpoints.versions()
    assert len(versions) == 2
    assert set(ollama.tags) == {"m:latest", *(f"m:{version}" for version in versions)}
    assert isinstance(first.emits[1], ModelActivated)
    assert (first.emits[1].version, first.emits[1].previous) == (versions[1], versions[0])
    names = sorted(p.name for p in checkpoints.registries.root.iterdir())
    assert names == ["activations.json", "latest", "previous", *versions]
    assert checkpoints.exporter.calls == 2


async def test_without_ollama_only_the_local_registry_has_the_model(
    checkpoints: Checkpoints,
) -> None:
    checkpoints.handler.server = None
    outcome = await checkpoints.deliver(checkpoints.checkpoint())

    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRegistered)
    assert outcome.emits[0].registry == "local"


async def test_a_model_that_differs_from_the_trained_one_is_refused_with_its_figures(
    checkpoints: Checkpoints,
) -> None:
    checkpoints.exporter.results = [ExportRefused(reason="q8_0: too far", parity=PARITY)]
    outcome = await checkpoints.deliver(checkpoints.checkpoint())

    assert isinstance(outcome, Done)
    (refused,) = outcome.emits
    assert isinstance(refused, ModelRefused)
    assert (refused.reason, refused.parity) == ("q8_0: too far", PARITY)
    assert await checkpoints.versions() == ()


async def test_a_model_without_a_known_template_is_not_registered_in_ollama(
    checkpoints: Checkpoints, record: Any, ollama: Any
) -> None:
    checkpoints.exporter.template = record("v1", template=False).export
    outcome = await checkpoints.deliver(checkpoints.checkpoint())

    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRefused)
    assert ollama.tags == {}


async def test_after_an_error_the_same_checkpoint_is_retried(
    checkpoints: Checkpoints, ollama: Any
) -> None:
    checkpoints.exporter.results = [
        ExportInterrupted("killed"),
        OSError(28, "No space left on device"),
    ]
    ollama.fail_create = True

    for reason in ("killed", "No space left on device", "no space left"):
        outcome = await checkpoints.deliver(checkpoints.checkpoint())
        assert isinstance(outcome, Later)
        assert reason in outcome.reason

    ollama.fail_create = False
    assert isinstance(await checkpoints.deliver(checkpoints.checkpoint()), Done)
    assert len(await checkpoints.versions()) == 1


async def test_a_manifest_without_references_or_with_wrong_fields_is_invalid(
    checkpoints: Checkpoints,
) -> None:
    assert isinstance(await checkpoints.deliver(checkpoints.checkpoint(references=None)), Invalid)
    wrong = {"manifest": checkpoints.registries.artifacts.put_bytes(b"{}", "manifest")}
    assert isinstance(
        await checkpoints.deliver(checkpoints.checkpoint().model_copy(update=wrong)), Invalid
    )
    assert checkpoints.exporter.calls == 0


async def test_a_missing_manifest_is_waited_for(checkpoints: Checkpoints) -> None:
    checkpoint = checkpoints.checkpoint()
    checkpoints.registries.artifacts.path(checkpoint.manifest).unlink()

    assert isinstance(await checkpoints.deliver(checkpoint), Later)


async def test_a_manifest_with_changed_bytes_is_invalid(checkpoints: Checkpoints) -> None:
    checkpoint = checkpoints.checkpoint()
    checkpoints.registries.artifacts.path(checkpoint.manifest).write_bytes(b"{}")

    assert isinstance(await checkpoints.deliver(checkpoint), Invalid)


async def test_a_late_older_checkpoint_is_registered_but_not_activated(
    checkpoints: Checkpoints,
) -> None:
    await checkpoints.deliver(checkpoints.checkpoint(2))
    outcome = await checkpoints.deliver(checkpoints.checkpoint(1))

    assert isinstance(outcome, Done)
    assert [type(event) for event in outcome.emits] == [ModelRegistered]
    assert await checkpoints.active() == max(await checkpoints.versions())


async def test_two_old_versions_stay_registered(checkpoints: Checkpoints, ollama: Any) -> None:
    for number in range(1, 6):
        await checkpoints.deliver(checkpoints.checkpoint(number))

    versions = await checkpoints.versions()
    assert len(versions) == 3
    assert set(ollama.tags) == {"m:latest", *(f"m:{version}" for version in versions)}


def test_the_record_has_the_sha256_of_its_file(record: Any, gguf: Path) -> None:
    assert record("v1").export.gguf.sha256 == hashlib.sha256(gguf.read_bytes()).hexdigest()

"""The artifact store has no file of a version that is not registered, also after a kill."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from ratchet.contract import ArtifactRef, Done, ModelRefused

from .conftest import Checkpoints
from .stand_ins import REFERENCE, FixedAnswers, Killed, KilledAt


def set_export(checkpoints: Checkpoints, content: bytes) -> ArtifactRef:
    """Make the next exports return a file with `content`."""
    checkpoints.exporter.content = content
    whole = checkpoints.exporter.model + content
    sha256 = hashlib.sha256(whole).hexdigest()
    return ArtifactRef(sha256=sha256, size=len(whole), name="model.gguf")


def stored(checkpoints: Checkpoints, file: ArtifactRef) -> bool:
    artifacts = checkpoints.registries.root.parents[1] / "artifacts"
    return (artifacts / file.sha256[:2] / file.sha256).exists()


@pytest.fixture
async def files(checkpoints: Checkpoints) -> list[ArtifactRef]:
    """The files of three versions, as many as stay registered."""
    checkpoints.handler.server = None
    files: list[ArtifactRef] = []
    for number in (1, 2, 3):
        files.append(set_export(checkpoints, b"%d" % number))
        await checkpoints.deliver(checkpoints.checkpoint(number))
    return files


async def test_the_file_of_a_surplus_version_is_removed(
    checkpoints: Checkpoints, files: list[ArtifactRef]
) -> None:
    assert all(stored(checkpoints, file) for file in files)

    files.append(set_export(checkpoints, b"4"))
    await checkpoints.deliver(checkpoints.checkpoint(4))

    assert [stored(checkpoints, file) for file in files] == [False, True, True, True]


async def test_a_file_that_another_version_shares_stays(
    checkpoints: Checkpoints, files: list[ArtifactRef]
) -> None:
    set_export(checkpoints, b"1")
    await checkpoints.deliver(checkpoints.checkpoint(4))

    assert [stored(checkpoints, file) for file in files] == [True, True, True]


async def test_after_a_kill_between_file_and_version_a_redelivery_removes_the_version(
    checkpoints: Checkpoints, files: list[ArtifactRef]
) -> None:
    undisturbed = checkpoints.handler.retention
    dying: Any = KilledAt(undisturbed.records, "remove", before=True)
    checkpoints.handler.retention = replace(undisturbed, records=dying)
    checkpoints.handler.records = dying
    set_export(checkpoints, b"4")
    with pytest.raises(Killed):
        await checkpoints.deliver(checkpoints.checkpoint(4))
    checkpoints.handler.retention, checkpoints.handler.records = undisturbed, undisturbed.records

    assert isinstance(await checkpoints.deliver(checkpoints.checkpoint(4)), Done)
    assert len(await checkpoints.versions()) == 3
    assert [stored(checkpoints, file) for file in files] == [False, True, True]


async def test_an_older_version_with_an_unreadable_record_does_not_stop_a_checkpoint(
    checkpoints: Checkpoints, files: list[ArtifactRef]
) -> None:
    oldest, *_ = await checkpoints.versions()
    (checkpoints.registries.root / oldest / "manifest.json").write_text("{}")
    set_export(checkpoints, b"4")

    assert isinstance(await checkpoints.deliver(checkpoints.checkpoint(4)), Done)
    assert oldest not in await checkpoints.versions()


async def test_a_refused_model_leaves_no_file(checkpoints: Checkpoints) -> None:
    server = FixedAnswers(checkpoints.registries.ollama, rendered="another chat")
    checkpoints.handler.server = server
    checkpoints.exporter.change(references=(REFERENCE,))
    file = set_export(checkpoints, b"1")
    outcome = await checkpoints.deliver(checkpoints.checkpoint())

    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRefused)
    assert not stored(checkpoints, file)


async def test_a_model_that_cannot_be_judged_leaves_no_file_unless_it_is_registered(
    checkpoints: Checkpoints, record: Any
) -> None:
    checkpoints.exporter.template = record("v1", template=False).export
    file = set_export(checkpoints, b"1")
    ollama, checkpoints.handler.server = checkpoints.handler.server, None
    first = await checkpoints.deliver(checkpoints.checkpoint(1))
    checkpoints.handler.server = ollama
    again = await checkpoints.deliver(checkpoints.checkpoint(1))

    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert [e.event_id for e in again.emits] == [e.event_id for e in first.emits]
    assert stored(checkpoints, file)

    other = set_export(checkpoints, b"2")
    outcome = await checkpoints.deliver(checkpoints.checkpoint(2))
    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRefused)
    assert (stored(checkpoints, file), stored(checkpoints, other)) == (True, False)

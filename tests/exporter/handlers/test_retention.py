"""The file of a version that is not registered lies nowhere: not after a kill either."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from exporter.backends.registries.local_registry import LocalRegistry
from ratchet.contract import ArtifactRef, Done, ModelRefused

from .conftest import Place


class Killed(BaseException):
    """As a SIGKILL: nothing after it runs, no handler of errors catches it."""


class DiesBeforeRemoving:
    def __init__(self, records: LocalRegistry) -> None:
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    async def remove(self, version: str) -> None:
        raise Killed


def exports_a_file(place: Place, content: bytes) -> ArtifactRef:
    """The next exports are this file."""
    place.exporter.content = b"GGUF" + content
    sha256 = hashlib.sha256(place.exporter.content).hexdigest()
    return ArtifactRef(sha256=sha256, size=len(place.exporter.content), name="model.gguf")


def stored(place: Place, file: ArtifactRef) -> bool:
    return (place.root.parents[1] / "artifacts" / file.sha256[:2] / file.sha256).exists()


@pytest.fixture
async def files(place: Place) -> list[ArtifactRef]:
    """Of three versions, as many as stay registered."""
    place.handler.server = None
    found: list[ArtifactRef] = []
    for number in (1, 2, 3):
        found.append(exports_a_file(place, b"%d" % number))
        await place.deliver(place.checkpoint(number))
    return found


async def test_the_file_of_a_surplus_version_goes_with_it(
    place: Place, files: list[ArtifactRef]
) -> None:
    assert all(stored(place, file) for file in files)

    files.append(exports_a_file(place, b"4"))
    await place.deliver(place.checkpoint(4))

    assert [stored(place, file) for file in files] == [False, True, True, True]


async def test_a_file_that_another_version_has_stays(
    place: Place, files: list[ArtifactRef]
) -> None:
    exports_a_file(place, b"1")
    await place.deliver(place.checkpoint(4))

    assert [stored(place, file) for file in files] == [True, True, True]


async def test_killed_between_file_and_version_the_next_delivery_removes_the_version(
    place: Place, files: list[ArtifactRef]
) -> None:
    undisturbed = place.handler.retention
    dying: Any = DiesBeforeRemoving(undisturbed.records)
    place.handler.retention = replace(undisturbed, records=dying)
    place.handler.records = dying
    exports_a_file(place, b"4")
    with pytest.raises(Killed):
        await place.deliver(place.checkpoint(4))
    place.handler.retention, place.handler.records = undisturbed, undisturbed.records

    assert isinstance(await place.deliver(place.checkpoint(4)), Done)
    assert len(await place.handler.records.versions()) == 3
    assert [stored(place, file) for file in files] == [False, True, True]


async def test_an_older_version_whose_record_is_unreadable_holds_nothing_up(
    place: Place, files: list[ArtifactRef]
) -> None:
    oldest, *_ = await place.handler.records.versions()
    (place.root / oldest / "manifest.json").write_text("{}")
    exports_a_file(place, b"4")

    assert isinstance(await place.deliver(place.checkpoint(4)), Done)
    assert oldest not in await place.handler.records.versions()


async def test_what_the_server_refuses_leaves_no_file(place: Place, ollama: Any) -> None:
    ollama.template = "{{ .Prompt }}"
    file = exports_a_file(place, b"1")
    outcome = await place.deliver(place.checkpoint())

    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRefused)
    assert not stored(place, file)


async def test_what_ollama_knows_no_template_for_leaves_no_file_unless_it_serves_already(
    place: Place, record: Any
) -> None:
    place.exporter.export_ = record("v1", template=False).export
    file = exports_a_file(place, b"1")
    ollama, place.handler.server = place.handler.server, None
    first = await place.deliver(place.checkpoint(1))
    place.handler.server = ollama
    again = await place.deliver(place.checkpoint(1))

    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert [e.event_id for e in again.emits] == [e.event_id for e in first.emits]
    assert stored(place, file)

    other = exports_a_file(place, b"2")
    outcome = await place.deliver(place.checkpoint(2))
    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRefused)
    assert (stored(place, file), stored(place, other)) == (True, False)

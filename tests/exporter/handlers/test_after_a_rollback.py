"""Checkpoints and rollbacks move the same alias: neither undoes what the other has done."""

from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from exporter.metrics import ExporterMetrics
from exporter.registry.activation import ActivationHandler
from exporter.registry.integrity import IntegrityCheck
from ratchet.contract import (
    Done,
    ModelActivated,
    ModelRegistered,
    ModelRolledBack,
    RollbackRequested,
)
from reward.memory_state import MemoryState

from .conftest import NOON, Place


@pytest.fixture
async def rolled_back(place: Place) -> Place:
    """Checkpoints 1 to 3 came, then a rollback from 3 to 2."""
    place.handler.server = None
    for number in (1, 2, 3):
        await place.deliver(place.checkpoint(number))
    handler = ActivationHandler(
        name="m",
        records=place.handler.records,
        server=None,
        integrity=IntegrityCheck(place.artifacts, place.handler.records),
        alias=place.handler.alias,
        metrics=ExporterMetrics(CollectorRegistry()),
        on_result=lambda settled: None,
    )
    command = RollbackRequested(event_id="rollback-1", occurred_at=NOON, requested_by="ben")
    [outcome] = await handler.handle([command], MemoryState())
    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRolledBack)
    return place


async def versions(place: Place) -> tuple[str, ...]:
    return await place.handler.records.versions()


async def test_a_redelivered_checkpoint_says_the_same_and_does_not_undo_it(
    rolled_back: Place,
) -> None:
    v1, v2, v3 = await versions(rolled_back)
    for number, version, previous in ((3, v3, v2), (2, v2, v1)):
        outcome = await rolled_back.deliver(rolled_back.checkpoint(number))
        assert isinstance(outcome, Done)
        activated = outcome.emits[1]
        assert isinstance(activated, ModelActivated)
        assert (activated.version, activated.previous) == (version, previous)
        assert await rolled_back.handler.records.active() == v2


async def test_the_same_checkpoint_under_another_event_id_does_not_undo_it(
    rolled_back: Place,
) -> None:
    again = rolled_back.checkpoint(3).model_copy(update={"event_id": "checkpoint-3-again"})
    outcome = await rolled_back.deliver(again)

    assert isinstance(outcome, Done)
    assert [type(event) for event in outcome.emits] == [ModelRegistered]
    assert await rolled_back.handler.records.active() == (await versions(rolled_back))[1]


async def test_a_later_checkpoint_becomes_active_in_place_of_what_was_gone_back_to(
    rolled_back: Place,
) -> None:
    _, v2, _ = await versions(rolled_back)
    outcome = await rolled_back.deliver(rolled_back.checkpoint(4))

    assert isinstance(outcome, Done)
    activated: Any = outcome.emits[1]
    assert activated.previous == v2
    assert await rolled_back.handler.records.active() == activated.version


async def test_what_was_gone_back_to_stays_registered_behind_newer_versions(
    rolled_back: Place,
) -> None:
    _, v2, _ = await versions(rolled_back)
    rolled_back.handler.retention = replace(rolled_back.handler.retention, keep=1)
    await rolled_back.deliver(rolled_back.checkpoint(4))

    left = await versions(rolled_back)
    assert v2 in left
    assert len(left) == 2

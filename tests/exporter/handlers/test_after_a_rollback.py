"""Checkpoints and rollbacks move the same alias and never undo each other."""

from dataclasses import replace
from typing import Any

import pytest

from exporter.backends.registries.refused_commands import RefusedCommands
from exporter.registry.activation import ActivationHandler
from exporter.registry.integrity import IntegrityCheck
from ratchet.contract import (
    Done,
    ModelActivated,
    ModelRegistered,
    ModelRolledBack,
    RollbackRequested,
)

from .conftest import NOON, Checkpoints


@pytest.fixture
async def rolled_back(checkpoints: Checkpoints) -> Checkpoints:
    """Checkpoints 1 to 3, then a rollback from 3 to 2."""
    checkpoints.handler.server = None
    for number in (1, 2, 3):
        await checkpoints.deliver(checkpoints.checkpoint(number))
    handler = ActivationHandler(
        name="m",
        records=checkpoints.registries.local,
        server=None,
        integrity=IntegrityCheck(checkpoints.registries.artifacts, checkpoints.registries.local),
        alias=checkpoints.registries.alias,
        refusals=RefusedCommands(checkpoints.registries.root / "refused_commands.json"),
        metrics=checkpoints.registries.metrics,
        on_result=lambda result: None,
    )
    command = RollbackRequested(event_id="rollback-1", occurred_at=NOON, requested_by="ben")
    outcome = await handler.handle(command)
    assert isinstance(outcome, Done)
    assert isinstance(outcome.emits[0], ModelRolledBack)
    return checkpoints


async def test_a_redelivered_checkpoint_publishes_the_same_events_and_does_not_undo_a_rollback(
    rolled_back: Checkpoints,
) -> None:
    v1, v2, v3 = await rolled_back.versions()
    for number, version, previous in ((3, v3, v2), (2, v2, v1)):
        outcome = await rolled_back.deliver(rolled_back.checkpoint(number))
        assert isinstance(outcome, Done)
        activated = outcome.emits[1]
        assert isinstance(activated, ModelActivated)
        assert (activated.version, activated.previous) == (version, previous)
        assert await rolled_back.active() == v2


async def test_the_same_checkpoint_with_another_event_id_does_not_undo_a_rollback(
    rolled_back: Checkpoints,
) -> None:
    again = rolled_back.checkpoint(3).model_copy(update={"event_id": "checkpoint-3-again"})
    outcome = await rolled_back.deliver(again)

    assert isinstance(outcome, Done)
    assert [type(event) for event in outcome.emits] == [ModelRegistered]
    assert await rolled_back.active() == (await rolled_back.versions())[1]


async def test_a_later_checkpoint_becomes_active_after_a_rollback(
    rolled_back: Checkpoints,
) -> None:
    _, v2, _ = await rolled_back.versions()
    outcome = await rolled_back.deliver(rolled_back.checkpoint(4))

    assert isinstance(outcome, Done)
    activated: Any = outcome.emits[1]
    assert activated.previous == v2
    assert await rolled_back.active() == activated.version


async def test_the_version_rolled_back_to_stays_registered(
    rolled_back: Checkpoints,
) -> None:
    _, v2, _ = await rolled_back.versions()
    rolled_back.handler.retention = replace(rolled_back.handler.retention, keep=1)
    await rolled_back.deliver(rolled_back.checkpoint(4))

    left = await rolled_back.versions()
    assert v2 in left
    assert len(left) == 2

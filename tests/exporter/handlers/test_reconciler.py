"""Versions that were registered while Ollama was unavailable are registered there later."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.alias_history import Move
from exporter.domain.registry.lag import ServerLag
from exporter.ports import RegistryError
from exporter.registry.reconciler import RegistryReconciler
from ratchet.delivery import RetryPolicy

from .conftest import NOON, Checkpoints
from .stand_ins import GOOD, OTHER, REFERENCE, FixedAnswers


@dataclass
class Outage:
    """Two checkpoints that arrived while Ollama was unavailable."""

    checkpoints: Checkpoints
    server: FixedAnswers
    lags: list[ServerLag] = field(default_factory=list)
    now: float = 0.0

    def reconciler(self) -> RegistryReconciler:
        """As after a start of the service."""
        handler = self.checkpoints.handler
        return RegistryReconciler(
            records=handler.records,
            server=self.server,
            limits=LIMITS,
            alias=handler.alias,
            registering=handler.registering,
            retry=RetryPolicy(base_s=5, cap_s=15),
            on_lag=self.lags.append,
            clock=lambda: self.now,
        )

    async def served(self) -> tuple[tuple[str, ...], str | None]:
        """Ollama's versions, and its active one."""
        ollama = self.checkpoints.registries.ollama
        return await ollama.versions(), await ollama.active()


@pytest.fixture
async def outage(checkpoints: Checkpoints) -> Outage:
    checkpoints.exporter.change(references=(REFERENCE,) * 3)
    server = FixedAnswers(checkpoints.registries.ollama, up=False)
    checkpoints.handler.server = server
    for number in (1, 2):
        checkpoints.exporter.content = b"%d" % number
        await checkpoints.deliver(checkpoints.checkpoint(number))
    return Outage(checkpoints, server)


async def test_the_active_version_comes_first_and_is_checked_before_the_alias_moves(
    outage: Outage,
) -> None:
    reconciler = outage.reconciler()
    await reconciler.reconcile()
    assert await outage.served() == ((), None)

    outage.server.up = True
    await reconciler.reconcile()

    v1, v2 = await outage.checkpoints.versions()
    assert await outage.served() == ((v1, v2), v2)
    checked = [(version, active) for version, _, active in outage.server.requests]
    assert checked == [(v2, None), (v1, None)]
    assert [lag.missing for lag in outage.lags] == [(v2, v1), ()]


async def test_registered_versions_are_not_registered_again(outage: Outage, ollama: Any) -> None:
    outage.server.up = True
    reconciler = outage.reconciler()
    await reconciler.reconcile()
    creations, requests = ollama.creations, len(outage.server.requests)

    await reconciler.reconcile()
    await outage.reconciler().reconcile()

    assert (ollama.creations, len(outage.server.requests)) == (creations, requests)


async def test_a_rollback_during_the_outage_decides_what_it_serves(outage: Outage) -> None:
    v1, v2 = await outage.checkpoints.versions()
    back = Move(cause="rollback-1", at=NOON, version=v1, previous=v2, back=True)
    await outage.checkpoints.handler.alias.carry_out(back, [outage.checkpoints.handler.records])
    outage.server.up = True

    await outage.reconciler().reconcile()

    assert await outage.served() == ((v1, v2), v1)


async def test_errors_are_reported_and_retried_after_growing_waits(
    outage: Outage, ollama: Any
) -> None:
    outage.server.up, ollama.fail_create = True, True
    reconciler = outage.reconciler()
    waits: list[float] = []
    for _ in range(4):
        with pytest.raises(RegistryError, match="no space left"):
            await reconciler.reconcile()
        lag = outage.lags[-1]
        assert lag.trouble is not None
        assert "no space left" in lag.trouble
        assert len(lag.missing) == 2
        waits.append(lag.wait_s)
        outage.now += lag.wait_s - 0.1
        reports = len(outage.lags)
        await reconciler.reconcile()
        assert len(outage.lags) == reports, "it waits"
        outage.now += 0.1
    assert waits == [5, 10, 15, 15]

    ollama.fail_create = False
    await reconciler.reconcile()
    assert len((await outage.served())[0]) == 2
    assert outage.lags[-1] == ServerLag()


async def test_a_version_that_answers_differently_is_removed_and_not_sent_again(
    outage: Outage, ollama: Any
) -> None:
    outage.server.up, outage.server.answer = True, OTHER
    reconciler = outage.reconciler()
    for _ in range(2):
        await reconciler.reconcile()

    versions = await outage.checkpoints.versions()
    assert await outage.served() == ((), None)
    assert ollama.creations == 2
    assert set(outage.lags[-1].refused) == set(versions)
    assert "does not serve the trained model: agreement" in outage.lags[-1].refused[versions[0]]
    assert await outage.checkpoints.active() == versions[1]


async def test_after_a_kill_before_the_check_the_alias_moves_only_after_it(
    outage: Outage,
) -> None:
    outage.server.up, outage.server.answer = True, None
    with pytest.raises(RegistryError, match="connection lost"):
        await outage.reconciler().reconcile()
    _, v2 = await outage.checkpoints.versions()
    assert await outage.served() == ((v2,), None)

    outage.server.answer = GOOD
    await outage.reconciler().reconcile()
    assert (await outage.served())[1] == v2
    assert [version for version, *_ in outage.server.requests].count(v2) == 2


async def test_a_version_that_cannot_be_judged_is_never_registered(
    outage: Outage, record: Any
) -> None:
    checkpoints = outage.checkpoints
    checkpoints.exporter.template = record("v1", template=False).export
    await checkpoints.deliver(checkpoints.checkpoint(3))
    *others, v3 = await checkpoints.versions()
    outage.server.up = True

    await outage.reconciler().reconcile()

    assert await outage.served() == (tuple(others), None)
    assert "neither answers nor chats" in outage.lags[-1].refused[v3]


async def test_the_reconciler_waits_for_a_handler_that_registers(outage: Outage) -> None:
    outage.server.up = True
    reconciler = outage.reconciler()
    async with outage.checkpoints.handler.registering:
        running = asyncio.create_task(reconciler.reconcile())
        await asyncio.sleep(0)
        oldest, _ = await outage.checkpoints.versions()
        await outage.checkpoints.handler.records.remove(oldest)
        assert not running.done()
    await running

    assert (await outage.served())[0] == await outage.checkpoints.versions()

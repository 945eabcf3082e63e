"""What was registered while Ollama was away gets there when it is back, and answers first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from exporter.domain.parity.answers import AnswerToken, ReferenceAnswer, ServerAnswer
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.alias_history import Move
from exporter.domain.registry.lag import ServerLag
from exporter.ports import Registry, RegistryError
from exporter.registry.reconciler import RegistryReconciler
from ratchet.delivery import RetryPolicy

from .conftest import NOON, Place

TOKENS = tuple(
    AnswerToken(text=word, logprob=0.0, top=((word, 0.0),)) for word in ("All", " is", " well.")
)
REFERENCE = ReferenceAnswer(prompt="Any alarm?", rendered="chat", tokens=TOKENS, ended=True)
GOOD = ServerAnswer(text="All is well.", tokens=TOKENS, ended=True, rendered="chat")
OTHER = ServerAnswer(text="I am a helpful assistant.", ended=True, rendered="another chat")


@dataclass
class Ollama:
    """The server behind `registry`: it may be away, and its models say `said`."""

    registry: Registry
    away: bool = True
    said: ServerAnswer | None = GOOD
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.registry, name)

    async def available(self) -> bool:
        return not self.away

    async def answers(
        self, version: str, prompts: Sequence[str], limit: int
    ) -> tuple[ServerAnswer, ...]:
        self.asked.append((version, await self.registry.active()))
        if self.said is None:
            raise RegistryError("Ollama, generate: connection lost")
        return tuple(self.said for _ in prompts)


@dataclass
class Bench:
    place: Place
    server: Ollama
    lags: list[ServerLag] = field(default_factory=list)
    now: float = 0.0

    def restarted(self) -> RegistryReconciler:
        """As the service has it after a start."""
        handler = self.place.handler
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
        return await self.server.registry.versions(), await self.server.registry.active()


@pytest.fixture
async def bench(place: Place) -> Bench:
    """Two checkpoints came while Ollama was away."""
    export = place.exporter.export_
    place.exporter.export_ = export.model_copy(update={"references": (REFERENCE,) * 3})
    assert place.handler.server is not None
    server = Ollama(place.handler.server)
    place.handler.server = server
    for number in (1, 2):
        place.exporter.content = b"GGUF%d" % number
        await place.deliver(place.checkpoint(number))
    return Bench(place, server)


async def test_the_active_version_comes_first_and_answers_before_the_alias_moves(
    bench: Bench,
) -> None:
    reconciler = bench.restarted()
    await reconciler.reconcile()
    assert await bench.served() == ((), None)

    bench.server.away = False
    await reconciler.reconcile()

    v1, v2 = await bench.place.handler.records.versions()
    assert await bench.served() == ((v1, v2), v2)
    assert bench.server.asked == [(v2, None), (v1, None)]
    assert [lag.missing for lag in bench.lags] == [(v2, v1), ()]


async def test_what_is_there_is_left_alone(bench: Bench, ollama: Any) -> None:
    bench.server.away = False
    reconciler = bench.restarted()
    await reconciler.reconcile()
    made, asked = ollama.creations, len(bench.server.asked)

    await reconciler.reconcile()
    await bench.restarted().reconcile()

    assert (ollama.creations, len(bench.server.asked)) == (made, asked)


async def test_a_rollback_while_it_was_away_is_what_it_serves(bench: Bench) -> None:
    v1, v2 = await bench.place.handler.records.versions()
    back = Move(cause="rollback-1", at=NOON, version=v1, previous=v2, back=True)
    await bench.place.handler.alias.carry_out(back, [bench.place.handler.records])
    bench.server.away = False

    await bench.restarted().reconcile()

    assert await bench.served() == ((v1, v2), v1)


async def test_trouble_is_told_and_tried_again_ever_later(bench: Bench, ollama: Any) -> None:
    bench.server.away, ollama.fail_create = False, True
    reconciler = bench.restarted()
    waits: list[float] = []
    for _ in range(4):
        with pytest.raises(RegistryError, match="no space left"):
            await reconciler.reconcile()
        lag = bench.lags[-1]
        assert lag.trouble is not None
        assert "no space left" in lag.trouble
        assert len(lag.missing) == 2
        waits.append(lag.wait_s)
        bench.now += lag.wait_s - 0.1
        told = len(bench.lags)
        await reconciler.reconcile()
        assert len(bench.lags) == told, "it waits"
        bench.now += 0.1
    assert waits == [5, 10, 15, 15]

    ollama.fail_create = False
    await reconciler.reconcile()
    assert len((await bench.served())[0]) == 2
    assert bench.lags[-1] == ServerLag()


async def test_what_answers_otherwise_is_taken_out_and_not_sent_again(
    bench: Bench, ollama: Any
) -> None:
    bench.server.away, bench.server.said = False, OTHER
    reconciler = bench.restarted()
    for _ in range(2):
        await reconciler.reconcile()

    versions = await bench.place.handler.records.versions()
    assert await bench.served() == ((), None)
    assert ollama.creations == 2
    assert set(bench.lags[-1].refused) == set(versions)
    assert "does not serve the trained model: template" in bench.lags[-1].refused[versions[0]]
    assert await bench.place.handler.records.active() == versions[1]


async def test_killed_before_it_answered_its_alias_does_not_move_until_it_has(
    bench: Bench,
) -> None:
    bench.server.away, bench.server.said = False, None
    with pytest.raises(RegistryError, match="connection lost"):
        await bench.restarted().reconcile()
    _, v2 = await bench.place.handler.records.versions()
    assert await bench.served() == ((v2,), None)

    bench.server.said = GOOD
    await bench.restarted().reconcile()
    assert (await bench.served())[1] == v2
    assert [version for version, _ in bench.server.asked].count(v2) == 2


async def test_what_ollama_knows_no_template_for_never_gets_there(
    bench: Bench, record: Any
) -> None:
    place = bench.place
    place.exporter.export_ = record("v1", template=False).export
    await place.deliver(place.checkpoint(3))
    *others, v3 = await place.handler.records.versions()
    bench.server.away = False

    await bench.restarted().reconcile()

    assert await bench.served() == (tuple(others), None)
    assert "no template of Ollama's" in bench.lags[-1].refused[v3]


async def test_it_waits_for_the_handler_that_registers(bench: Bench) -> None:
    bench.server.away = False
    reconciler = bench.restarted()
    async with bench.place.handler.registering:
        going = asyncio.create_task(reconciler.reconcile())
        await asyncio.sleep(0)
        oldest, _ = await bench.place.handler.records.versions()
        await bench.place.handler.records.remove(oldest)
        assert not going.done()
    await going

    assert (await bench.served())[0] == await bench.place.handler.records.versions()

"""A server of one model is pending until it answers as the active version."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.registries.alias_server import AliasServer
from exporter.backends.registries.confirmed_version import ConfirmedVersion
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.lag import AliasServerState
from exporter.domain.registry.record import ModelRecord
from exporter.ports import RegistryError
from exporter.registry.alias_check import AliasCheck
from ratchet.delivery import RetryPolicy
from ratchet_testing.asgi_server import serving
from ratchet_testing.fakes import MemoryPublisher
from ratchet_testing.valkey import free_port

from .one_model_server import OneModelServer
from .small_gguf import write_small_gguf
from .test_served_directory import QUESTION, answered
from .withdrawing import withdrawal

KINDS = ("llama-server", "vllm", "other")
WORDS = {
    "v1": ("All", " is", " well", "."),
    "v2": ("Pump", " 3", " is", " hot", "."),
    "v3": ("All", " is", " well", "."),
}
SHARES = {"v1": 0.9, "v2": 0.9, "v3": 0.87}
TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}"
    "{% endfor %}{{ '<|im_start|>assistant' }}"
)


class Watched:
    """The check of one server, with a clock that the test moves."""

    def __init__(self, records: LocalRegistry, server: OneModelServer, url: str) -> None:
        self.records, self.server, self.url = records, server, url
        self.now = 0.0
        self.states: list[AliasServerState] = []
        self.published = MemoryPublisher()
        self.restart()

    def restart(self, *, reload: bool = False, name: str = "m") -> None:
        """As when the exporter starts."""
        self.check = AliasCheck(
            records=self.records,
            server=AliasServer(f"{self.url}/v1", name, f"{self.url}/reload" if reload else ""),
            limits=LIMITS,
            retry=RetryPolicy(),
            on_state=self.states.append,
            confirmed=ConfirmedVersion(self.records.gguf("confirmed").parent),
            withdrawal=withdrawal(self.records, self.published),
            clock=lambda: self.now,
        )

    async def look(self, *, after_s: float = 0.0) -> AliasServerState:
        self.now += after_s
        await self.check.check()
        return self.states[-1]


@pytest.fixture(params=KINDS)
async def watched(
    request: pytest.FixtureRequest, tmp_path: Path, record: Any
) -> AsyncIterator[Watched]:
    """Three versions; the server has read v1, which is active. v3 is near to v1."""
    records = LocalRegistry(tmp_path / "registry", "m")
    gguf = write_small_gguf(tmp_path / "m.gguf", TEMPLATE)
    for version, words in WORDS.items():
        await records.register(as_trained(record(version), version, words), gguf)
    await records.move_alias("v1")
    server = OneModelServer(records.gguf("latest"), "m", request.param)
    server.chat, server.words, server.shares = QUESTION, WORDS, SHARES
    server.start()
    async with serving(server.app, port := free_port()):
        yield Watched(records, server, f"http://127.0.0.1:{port}")


def as_trained(record: ModelRecord, version: str, words: tuple[str, ...]) -> ModelRecord:
    known = answered(record, *words, share=SHARES[version])
    sha256 = hashlib.sha256(version.encode()).hexdigest()
    gguf = known.export.gguf.model_copy(update={"sha256": sha256})
    return known.model_copy(update={"export": known.export.model_copy(update={"gguf": gguf})})


async def test_a_version_is_pending_until_an_operator_restarts_the_server(watched: Watched) -> None:
    assert (await watched.look()).version == "v1"
    await watched.records.move_alias("v2")

    state = await watched.look()
    assert state.version is None
    assert state.problem is not None
    assert state.problem.startswith("the server does not answer as v2: ")
    assert state.problem.endswith("; restart it with the file m/latest/model.gguf as m")

    watched.server.start()
    state = await watched.look(after_s=state.wait_s)
    assert (state.version, state.problem) == ("v2", None)


async def test_a_server_with_a_reload_address_becomes_current_at_once(watched: Watched) -> None:
    watched.restart(reload=True)
    await watched.look()
    await watched.records.move_alias("v2")

    assert (await watched.look()).version == "v2"
    assert watched.server.reloads == [{"model": "m"}]


async def test_a_server_that_answers_as_the_active_version_is_left_alone(watched: Watched) -> None:
    watched.restart(reload=True)
    await watched.look()
    asked = len(watched.server.requests)
    await watched.look(after_s=3600)

    assert len(watched.server.requests) == asked
    watched.restart(reload=True)
    assert (await watched.look()).version == "v1"
    assert watched.server.reloads == []


async def test_a_version_so_near_that_its_answers_pass_is_told_from_the_active_one(
    watched: Watched,
) -> None:
    await watched.look()
    await watched.records.move_alias("v3")

    state = await watched.look()
    assert state.problem is not None
    assert "version: the answers agree better with those of v1" in state.problem
    watched.server.start()
    assert (await watched.look(after_s=state.wait_s)).version == "v3"


async def test_a_server_that_is_down_is_asked_again_less_and_less_often(watched: Watched) -> None:
    watched.server.loaded = None
    waits = []
    for _ in range(6):
        state = await watched.look()
        asked = len(watched.server.requests)
        await watched.look(after_s=state.wait_s - 0.1)
        assert len(watched.server.requests) == asked
        waits.append(state.wait_s)
        watched.now += 0.2

    assert waits == [5, 10, 20, 40, 60, 60]
    assert state.problem is not None
    assert "Loading model" in state.problem
    watched.server.start()
    assert (await watched.look()).version == "v1"


async def test_a_server_that_loads_while_it_is_asked_is_asked_again_about_its_template(
    watched: Watched,
) -> None:
    watched.server.loading = 1
    state = await watched.look()
    assert state.problem is not None
    assert "Loading model" in state.problem

    state = await watched.look(after_s=state.wait_s)
    assert state.parity is not None
    assert ("template" in state.parity.unchecked) is (watched.server.kind == "other")


async def test_a_rollback_before_the_restart_needs_none(watched: Watched) -> None:
    watched.restart(reload=False)
    await watched.look()
    await watched.records.move_alias("v2")
    await watched.look()
    await watched.records.move_alias("v1")

    assert (await watched.look()).version == "v1"


async def test_a_version_that_the_server_read_meanwhile_is_not_taken_for_the_one_before(
    watched: Watched,
) -> None:
    await watched.look()
    await watched.records.move_alias("v2")
    await watched.look()
    watched.server.start()
    await watched.records.move_alias("v1")

    state = await watched.look()
    assert state.version is None
    assert state.problem is not None
    assert "does not answer as v1" in state.problem


async def test_a_reload_that_fails_is_repeated(watched: Watched) -> None:
    watched.restart(reload=True)
    watched.server.refuses_reload = True
    await watched.look()
    await watched.records.move_alias("v2")

    state = await watched.look()
    assert state.problem is not None
    assert "its reload: 500" in state.problem
    watched.server.refuses_reload = False
    assert (await watched.look(after_s=state.wait_s)).version == "v2"
    assert len(watched.server.reloads) == 2


async def test_a_reload_that_changes_nothing_is_not_repeated(watched: Watched) -> None:
    watched.restart(reload=True)
    await watched.look()
    await watched.records.move_alias("v2")
    watched.server.words = {**WORDS, "v2": WORDS["v1"]}
    for _ in range(3):
        state = await watched.look(after_s=60)

    assert state.version is None
    assert len(watched.server.reloads) == 1


async def test_a_server_with_another_chat_template_is_named(watched: Watched) -> None:
    watched.server.template = "Q: "

    state = await watched.look()
    assert state.parity is not None
    assert state.parity.faults[0].name == "template"


async def test_what_the_server_does_not_tell_is_named(watched: Watched) -> None:
    renders = () if watched.server.kind != "other" else ("template",)
    state = await watched.look()
    assert state.parity is not None
    assert (state.parity.top1, state.parity.faults) == (1.0, ())
    assert state.parity.unchecked == renders

    watched.server.told_logprobs = False
    watched.restart()
    state = await watched.look()
    assert state.version == "v1"
    assert state.parity is not None
    assert state.parity.unchecked == (*renders, "divergence")


async def test_a_version_without_answers_is_loaded_but_stays_unconfirmed(
    watched: Watched, record: Any, tmp_path: Path
) -> None:
    """As after the answers were erased on request."""
    await watched.records.register(record("v4"), tmp_path / "m.gguf")
    await watched.records.move_alias("v4")
    watched.restart(reload=True)

    state = await watched.look()
    assert state.version is None
    assert state.problem is not None
    assert "v4 has no recorded answers" in state.problem
    assert watched.server.version == "v4"


async def test_the_answer_of_a_server_that_has_another_name_for_the_model_is_shown(
    watched: Watched,
) -> None:
    watched.restart(name="other")
    state = await watched.look()

    if watched.server.kind == "vllm":
        assert state.problem is not None
        assert "The model `other` does not exist." in state.problem
    else:
        assert state.version == "v1"


async def test_no_error_shows_an_address_or_a_password(tmp_path: Path, record: Any) -> None:
    records = LocalRegistry(tmp_path / "registry", "m")
    await records.register(answered(record("v1"), "All"), write_small_gguf(tmp_path / "m", ""))
    await records.move_alias("v1")
    address = f"http://ops:secret@127.0.0.1:{free_port()}"
    states: list[AliasServerState] = []
    server = AliasServer(address, "m", f"{address}/reload")
    check = AliasCheck(
        records=records,
        server=server,
        limits=LIMITS,
        retry=RetryPolicy(),
        on_state=states.append,
        confirmed=ConfirmedVersion(tmp_path / "confirmed"),
        withdrawal=withdrawal(records, MemoryPublisher()),
    )
    await check.check()

    with pytest.raises(RegistryError, match="its reload: ") as caught:
        await server.reload()
    assert states[-1].problem is not None
    for text in (states[-1].problem, str(caught.value)):
        assert "127.0.0.1" not in text
        assert "secret" not in text

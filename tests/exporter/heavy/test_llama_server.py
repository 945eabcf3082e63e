"""A real llama-server is recognized by its answers, with one model and with a directory of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.registries.alias_server import AliasServer
from exporter.backends.registries.confirmed_version import ConfirmedVersion
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.openai_server import OpenAIServer, openai_client
from exporter.backends.registries.served_directory import ServedDirectory
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.parity.served import ExpectedAnswers
from exporter.domain.registry.lag import AliasServerState
from exporter.domain.registry.turn_format import Message
from exporter.ports import RegistryError
from exporter.registry.alias_check import AliasCheck
from exporter.registry.openai_parity import openai_parity
from exporter.registry.registration import Registered, expected_answers, register_and_check
from ratchet.contract import ModelRefused, ServedParity
from ratchet.delivery import RetryPolicy
from ratchet_testing.eventually import eventually
from ratchet_testing.fakes import MemoryPublisher
from ratchet_testing.real_llama_server import PROGRAM, llama_server
from ratchet_testing.valkey import free_port

from ..trained_model import TrainedModel, trained_model
from ..withdrawing import withdrawal

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(PROGRAM is None, reason="LLAMA_SERVER names no program"),
]


class WithoutRenderings(OpenAIServer):
    """As a server that reports no rendered chats."""

    async def renderings(self, chats: Sequence[Sequence[Message]]) -> tuple[tuple[str, ...], ...]:
        return ()


async def loaded_parity(server: OpenAIServer, expected: ExpectedAnswers) -> ServedParity:
    """The parity, once the server has loaded its model: until then it has errors."""

    async def asked() -> ServedParity | None:
        try:
            return await openai_parity(server, "m", expected)
        except RegistryError:
            return None

    parity = await eventually(asked, 60)
    assert parity is not None
    return parity


@pytest.fixture(scope="module")
def models(
    trained: TrainedModel, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, TrainedModel]:
    """A trained model, and the same trained once more."""
    later = trained_model(trained.gguf, tmp_path_factory.mktemp("later"))
    return {"v1": trained, "v2": later}


async def test_a_version_that_a_server_of_one_model_serves_wrongly_is_taken_out_of_service(
    models: dict[str, TrainedModel], record: Any, tmp_path: Path
) -> None:
    assert PROGRAM is not None
    records = LocalRegistry(tmp_path / "registry", "m")
    for version, model in models.items():
        await records.register(model.record_of(record(version)), model.gguf)
    await records.move_alias("v1")
    port, states = free_port(), list[AliasServerState]()
    server = AliasServer(f"http://127.0.0.1:{port}/v1", "m")
    published = MemoryPublisher()
    check = AliasCheck(
        records=records,
        server=server,
        limits=LIMITS,
        retry=RetryPolicy(base_s=0.1),
        on_state=states.append,
        confirmed=ConfirmedVersion(tmp_path / "confirmed"),
        withdrawal=withdrawal(records, published),
    )
    options = ("--model", str(records.gguf("latest")), "--alias", "m")

    async def current() -> str | None:
        await check.check()
        return states[-1].version

    async def went_back() -> bool:
        await check.check()
        return await records.active() == "v1"

    with llama_server(PROGRAM, tmp_path / "log", *options, port=port):
        assert await eventually(current, 60) == "v1"
        await records.move_alias("v2")
        assert await current() is None
        assert "does not answer as v2: " in (states[-1].problem or "")
    own = tmp_path / "own.jinja"
    own.write_text("{% for m in messages %}Q: {{ m.content }}\nA:{% endfor %}")
    template = ("--chat-template-file", str(own))
    with llama_server(PROGRAM, tmp_path / "log", *options, *template, port=port):
        await eventually(went_back, 60)
    refused = published.events[-1]
    assert isinstance(refused, ModelRefused)
    assert "template: the server renders" in refused.reason
    assert await records.versions() == ("v1",)
    with llama_server(PROGRAM, tmp_path / "log", *options, port=port):
        assert await eventually(current, 60) == "v1"

    parity = states[-1].parity
    assert parity is not None
    assert parity.top1 == 1.0
    assert parity.kl_mean == pytest.approx(0, abs=1e-4)
    assert parity.unchecked == ()


async def test_the_alias_of_a_directory_answers_as_the_version_that_it_moved_to(
    models: dict[str, TrainedModel], record: Any, tmp_path: Path
) -> None:
    assert PROGRAM is not None
    (directory := tmp_path / "registry" / "m").mkdir(parents=True)
    options = ("--models-dir", str(directory))
    with llama_server(PROGRAM, tmp_path / "log", *options) as url:
        async with openai_client() as client:
            registry = ServedDirectory(tmp_path / "registry", "m", client, url)
            alias = OpenAIServer(client, f"{url}/v1", "latest")
            for version, model in models.items():
                known = model.record_of(record(version))
                outcome = await register_and_check(registry, known, model.gguf, LIMITS)
                assert isinstance(outcome, Registered)
                await registry.move_alias(version)
                parity = await loaded_parity(alias, expected_answers(known, LIMITS))
                assert parity.faults == ()
                assert parity.top1 == 1.0


async def test_another_chat_template_is_told_from_another_model_without_its_rendering(
    models: dict[str, TrainedModel], record: Any, tmp_path: Path
) -> None:
    assert PROGRAM is not None
    own = "{% for m in messages %}Q: {{ m.content }}\nA:{% endfor %}"
    (tmp_path / "own.jinja").write_text(own)
    template = ("--chat-template-file", str(tmp_path / "own.jinja"))
    expected = expected_answers(models["v1"].record_of(record("v1")), LIMITS)
    found = {}
    for version, model in models.items():
        options = ("--model", str(model.gguf), *template)
        with llama_server(PROGRAM, tmp_path / "log", *options) as url:
            async with openai_client() as client:
                server = WithoutRenderings(client, f"{url}/v1", "m")
                parity = await loaded_parity(server, expected)
                found[version] = [fault.name for fault in parity.faults]

    assert found["v1"][0] == "template"
    assert "template" not in found["v2"]

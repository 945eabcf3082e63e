"""Registers a model with a real llama-server: with a directory of models, and with one model."""

from pathlib import Path

from exporter.backends.registries.alias_server import AliasServer
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.openai_server import openai_client
from exporter.backends.registries.served_directory import ServedDirectory
from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.registry.record import ModelRecord
from exporter.ports import RegistryError
from exporter.registry.openai_parity import openai_parity
from exporter.registry.registration import described, expected_answers
from exporter.registry.trial_registration import TrialServer, try_registration
from ratchet.contract import ServedParity
from ratchet_testing.eventually import eventually
from ratchet_testing.real_llama_server import llama_server

Limits = dict[Quantization, ParityLimits]
Finding = tuple[float | None, str]
"""Top-1, or None where the server was refused; and what was found."""

_LOAD_S = 60.0


async def by_directory(
    program: Path, root: Path, record: ModelRecord, gguf: Path, limits: Limits
) -> Finding:
    (served := root / record.name).mkdir(parents=True)
    with llama_server(program, root / "log", "--models-dir", str(served)) as url:
        async with openai_client() as client:
            registry = ServedDirectory(root, record.name, client, url)
            server = TrialServer("llama-server", url, registry)
            check = await try_registration(server, record, gguf, limits)
    return check.top1, check.found


async def by_alias(
    program: Path, root: Path, record: ModelRecord, gguf: Path, limits: Limits
) -> Finding:
    records = LocalRegistry(root, record.name)
    await records.register(record, gguf)
    await records.move_alias(record.version)
    expected = expected_answers(record, limits)
    options = ("--model", str(records.gguf("latest")), "--alias", record.name)
    with llama_server(program, root / "log", *options) as url:
        server = AliasServer(url, record.name)

        async def asked() -> ServedParity | None:
            try:
                return await openai_parity(server, "llama-server", expected)
            except RegistryError as error:
                if "Loading model" in str(error):
                    return None
                raise

        parity = await eventually(asked, _LOAD_S)
    assert parity is not None
    return parity.top1, described(parity) or "it answers as the trained model"

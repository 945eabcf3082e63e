"""Registers a model with a real llama-server: with a directory of models, and with one model."""

from pathlib import Path

from exporter.backends.registries.alias_server import AliasServer
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.openai_server import openai_client
from exporter.backends.registries.served_directory import ServedDirectory
from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.registry.lag import AliasServerState
from exporter.domain.registry.record import ModelRecord
from exporter.registry.alias_check import AliasCheck
from exporter.registry.trial_registration import try_registration
from ratchet.delivery import RetryPolicy
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
            check = await try_registration(registry, url, record, gguf, limits)
    return check.top1, check.found


async def by_alias(
    program: Path, root: Path, record: ModelRecord, gguf: Path, limits: Limits
) -> Finding:
    records, states = LocalRegistry(root, record.name), list[AliasServerState]()
    await records.register(record, gguf)
    await records.move_alias(record.version)
    options = ("--model", str(records.gguf("latest")), "--alias", record.name)
    with llama_server(program, root / "log", *options) as url:
        server = AliasServer(url, record.name)
        check = AliasCheck(records, server, limits, RetryPolicy(base_s=0.1), states.append)

        async def asked() -> bool:
            await check.check()
            return "Loading model" not in (states[-1].problem or "")

        await eventually(asked, _LOAD_S)
    state = states[-1]
    if state.parity is None or state.version is None:
        return None, state.problem or "nothing was asked"
    return state.parity.top1, "it answers as the active version"

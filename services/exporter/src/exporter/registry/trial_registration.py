"""Registers a trial's file with the configured servers, compares the answers, and removes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.ollama_api import ollama_client
from exporter.backends.registries.served_directory import local_registry
from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.server_version import remedy
from exporter.domain.trial import TrialCheck
from exporter.ports import Registry, RegistryError
from exporter.registry.registration import RegistrationRefused, register_and_check
from exporter.settings import ExporterSettings
from ratchet_text import masked

_NAME = "ratchet-trial"
_REMEDY = "remove the cause of the server's error, then try again"
_SERIOUS = ("fail", "ok", "skipped")


@dataclass(frozen=True)
class TrialServer:
    """`name` and `address` are shown."""

    name: str
    address: str
    registry: Registry


def trial_servers(settings: ExporterSettings) -> list[TrialServer]:
    """The configured servers; llama-server reads the directory of the models in service."""
    servers: list[TrialServer] = []
    if url := settings.exporter_llama_server_url:
        root, name = settings.data_dir.absolute() / "registry", settings.exporter_model_name
        servers.append(TrialServer("llama-server", masked(url), local_registry(root, name, url)))
    if url := settings.exporter_ollama_url:
        ollama = OllamaRegistry(ollama_client(url), _NAME)
        servers.append(TrialServer("Ollama", masked(url), ollama))
    return servers


async def try_registrations(
    servers: Sequence[TrialServer],
    record: ModelRecord,
    gguf: Path,
    limits: dict[Quantization, ParityLimits],
) -> TrialCheck:
    """One check of all `servers`: the most serious one's, with the findings of the others."""
    if not servers:
        found = (
            "RATCHET_EXPORTER_OLLAMA_URL and RATCHET_EXPORTER_LLAMA_SERVER_URL are empty: the "
            "local registry serves"
        )
        return TrialCheck(name="trial registration", level="skipped", found=found)
    checks = [await try_registration(server, record, gguf, limits) for server in servers]
    first, *others = sorted(checks, key=lambda check: _SERIOUS.index(check.level))
    found = "; ".join([first.found, *(check.found for check in others)])
    return first.model_copy(update={"found": found})


async def try_registration(
    server: TrialServer,
    record: ModelRecord,
    gguf: Path,
    limits: dict[Quantization, ParityLimits],
) -> TrialCheck:
    """Whether `server` gives the answers of `record`.

    The version is removed before, as a killed trial may have left it, and after, whatever the
    outcome.
    """
    registry, version = server.registry, record.version
    if not await registry.available():
        return _check(server, "skipped", f"{server.name} at {server.address} does not respond")
    shown = " ".join(filter(None, (server.name, registry.server_version, "at", server.address)))
    try:
        await registry.remove(version)
        outcome = await register_and_check(registry, record, gguf, limits)
    except (RegistryError, OSError) as error:
        return _check(server, "fail", f"{shown}: {error}", mend=_REMEDY, transient=True)
    finally:
        await _remove(registry, version)
    if isinstance(outcome, RegistrationRefused):
        advice = remedy(registry.kind, registry.server_version)
        return _check(server, "fail", f"{shown}: {outcome.reason}", mend=advice)
    top1 = outcome.parity.top1 if outcome.parity else None
    agreement = "" if top1 is None else f", top-1 {top1:.4f}"
    return _check(server, "ok", f"{shown} gives the small model's answers{agreement}", top1=top1)


async def _remove(registry: Registry, version: str) -> None:
    """As far as the server still responds."""
    try:
        await registry.remove(version)
    except (RegistryError, OSError):
        return


def _check(server: TrialServer, level: str, found: str, **fields: object) -> TrialCheck:
    """The check that `server` was asked for."""
    about = {"server": server.name, "version": server.registry.server_version}
    return TrialCheck.model_validate(
        {"name": "trial registration", "level": level, "found": found, **about, **fields}
    )

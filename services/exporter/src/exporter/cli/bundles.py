"""`ratchet bundle` and `ratchet install`: exit status 0 done, 1 refused, 2 wrong arguments."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from pydantic import ValidationError

from exporter.backends.directories import staging
from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.ollama_api import ollama_client
from exporter.backends.registries.served_directory import local_registry
from exporter.bundle.installation import BundleInstallation
from exporter.bundle.packing import pack
from exporter.bundle.signature import own_key, trusted_keys
from exporter.bundle.unpacking import UnpackedBundle, unpack
from exporter.domain.bundle import BundleRefused, file_name
from exporter.domain.registry.record import ModelRecord
from exporter.ports import RegistryError
from exporter.registry.alias import Alias
from exporter.settings import ExporterSettings
from ratchet.command_line import say
from ratchet.contract import utc_now
from ratchet.settings import read_settings
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore
from ratchet.storage.signing_keys import UnusableKey, public_half
from ratchet_text import masked

_REASONS = (
    BundleRefused,
    UnusableKey,
    ArtifactMissing,
    ArtifactCorrupt,
    RegistryError,
    ValidationError,
    OSError,
)


def write_bundle_file(data_dir: Path, version: str, out: Path | None, *, as_json: bool) -> None:
    """Write the bundle of a registered version; print its path and the id of the signing key."""
    settings = _settings(data_dir)
    bundles = settings.data_dir / "bundles"
    with _refusals(as_json):
        record = asyncio.run(_registered(settings, version))
        target = out or bundles / file_name(record.name, record.version)
        with staging(bundles):
            key, created = own_key(settings, utc_now())
            if created:
                public = public_half(settings.signing_key_path)
                say(
                    f"created {settings.signing_key_path}; copy {public} to the plants that "
                    "should trust this one",
                    err=as_json,
                )
            pack(record, ArtifactStore(settings.artifacts_dir), key, target)
        size = target.stat().st_size
        if as_json:
            facts = {"file": str(target), "version": record.version, "bytes": size}
            say(json.dumps({"model": record.name, **facts, "key": key.public.id}))
        else:
            say(f"{target}: {record.version}, {size} bytes, signed by key {key.public.id}")


def install_bundle_file(
    data_dir: Path, file: Path, trust: Path | None, *, activate: bool, as_json: bool
) -> None:
    """Verify the bundle in `file` and register it; print the registries that have it."""
    settings = _settings(data_dir)
    with _refusals(as_json), staging(settings.data_dir / "bundles") as directory:
        bundle = unpack(file, trusted_keys(settings, trust), directory, utc_now())
        registries = asyncio.run(_install(settings, bundle, activate))
        name, version = settings.exporter_model_name, bundle.record.version
        if as_json:
            facts = {"model": name, "version": version, "active": activate}
            say(json.dumps({**facts, "registries": registries}))
        else:
            state = "active" if activate else "registered, not active"
            say(f"{name}:{version} is {state} ({' and '.join(registries)})")


def _settings(data_dir: Path) -> ExporterSettings:
    """The settings of the environment, for the system in `data_dir`."""
    settings = read_settings(ExporterSettings)
    return settings.model_copy(update={"data_dir": data_dir.resolve()})


async def _registered(settings: ExporterSettings, version: str) -> ModelRecord:
    records = LocalRegistry(settings.data_dir / "registry", settings.exporter_model_name)
    record = await records.record(version)
    if record is None:
        known = ", ".join(await records.versions()) or "none"
        name = settings.exporter_model_name
        raise BundleRefused(
            f"{version}: not registered in {settings.data_dir}; versions of {name}: {known}"
        )
    return record


async def _install(settings: ExporterSettings, bundle: UnpackedBundle, activate: bool) -> list[str]:
    """The kinds of the registries that have the version now."""
    name, url = settings.exporter_model_name, settings.exporter_ollama_url
    async with ollama_client(url) as client:
        registries = await BundleInstallation(
            name=name,
            artifacts=ArtifactStore(settings.artifacts_dir),
            records=local_registry(
                settings.data_dir / "registry", name, settings.exporter_llama_server_url
            ),
            server=OllamaRegistry(client, name) if url else None,
            alias=Alias(ActivationJournal(settings.activation_journal)),
            limits=settings.limits,
        ).install(bundle, activate=activate)
    if url and len(registries) == 1:
        remedy = "start the exporter, which registers the version there later, or install again"
        say(f"Ollama at {masked(url)} does not respond: {remedy}", err=True)
    return [registry.kind for registry in registries]


@contextmanager
def _refusals(as_json: bool) -> Iterator[None]:
    """Exits with 1 and the reason where the work is refused or fails."""
    try:
        yield
    except _REASONS as error:
        say(f"refused: {error}", err=True)
        if as_json:
            say(json.dumps({"error": f"refused: {error}"}))
        raise typer.Exit(1) from error

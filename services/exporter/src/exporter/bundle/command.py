"""`python -m exporter bundle` and `install`: they end with 0 done, 1 refused, 2 not understood."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import typer
from pydantic import ValidationError

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.ollama_api import TIMEOUT
from exporter.bundle.installation import Installation
from exporter.bundle.keys import own_key, trusted_keys
from exporter.bundle.packing import pack
from exporter.bundle.staging import staging
from exporter.bundle.unpacking import Unpacked, unpack
from exporter.domain.bundle import BundleRefused, file_name
from exporter.domain.registry.record import ModelRecord
from exporter.ports import RegistryTrouble
from exporter.registry.alias import Alias
from exporter.settings import ExporterSettings
from ratchet.settings import read_settings
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore
from ratchet.storage.signing_keys import UnusableKey, public_half

_REASONS = (
    BundleRefused,
    UnusableKey,
    ArtifactMissing,
    ArtifactCorrupt,
    RegistryTrouble,
    ValidationError,
    OSError,
)


def bundle(version: str, out: Path | None, as_json: bool) -> None:
    """Write the bundle of a registered version, and say where it is and who signed it."""
    settings = read_settings(ExporterSettings)
    bundles = settings.data_dir / "bundles"
    with _refusals(as_json):
        record = asyncio.run(_registered(settings, version))
        target = out or bundles / file_name(record.name, record.version)
        with staging(bundles):
            key, made = own_key(settings)
            if made:
                public = public_half(settings.signing_key_path)
                typer.echo(
                    f"made {settings.signing_key_path}; plants that trust it need {public}",
                    err=as_json,
                )
            pack(record, ArtifactStore(settings.artifacts_dir), key, target)
        size = target.stat().st_size
        if as_json:
            found = {"file": str(target), "version": record.version, "bytes": size}
            typer.echo(json.dumps({"model": record.name, **found, "key": key.public.id}))
        else:
            typer.echo(f"{target}: {record.version}, {size} bytes, signed by key {key.public.id}")


def install(file: Path, trust: Path | None, activate: bool, as_json: bool) -> None:
    """Verify the bundle in `file`, then register it, and say where."""
    settings = read_settings(ExporterSettings)
    with _refusals(as_json), staging(settings.data_dir / "bundles") as directory:
        found = unpack(file, trusted_keys(settings, trust), directory)
        where = asyncio.run(_install(settings, found, activate))
        name, version = settings.exporter_model_name, found.record.version
        if as_json:
            told = {"model": name, "version": version, "active": activate, "registries": where}
            typer.echo(json.dumps(told))
        else:
            state = "active" if activate else "registered, not active"
            typer.echo(f"{name}:{version} is {state} ({' and '.join(where)})")


async def _registered(settings: ExporterSettings, version: str) -> ModelRecord:
    records = LocalRegistry(settings.data_dir / "registry", settings.exporter_model_name)
    record = await records.record(version)
    if record is None:
        there = ", ".join(await records.versions()) or "none"
        name = settings.exporter_model_name
        raise BundleRefused(
            f"{version}: not registered in {settings.data_dir}; versions of {name}: {there}"
        )
    return record


async def _install(settings: ExporterSettings, found: Unpacked, activate: bool) -> list[str]:
    """The kinds of the registries that have it now."""
    name, url = settings.exporter_model_name, settings.exporter_ollama_url
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT) as client:
        registries = await Installation(
            name=name,
            artifacts=ArtifactStore(settings.artifacts_dir),
            records=LocalRegistry(settings.data_dir / "registry", name),
            served_by=OllamaRegistry(client, name) if url else None,
            alias=Alias(ActivationJournal(settings.activation_journal)),
        ).install(found, activate=activate)
    if url and len(registries) == 1:
        then = "a running exporter registers it there when it does, or install again"
        typer.echo(f"Ollama at {url} does not answer: {then}", err=True)
    return [registry.kind for registry in registries]


@contextmanager
def _refusals(as_json: bool) -> Iterator[None]:
    """Ends with 1 and the reason where the command cannot, or may not, do its work."""
    try:
        yield
    except _REASONS as error:
        typer.echo(f"refused: {error}", err=True)
        if as_json:
            typer.echo(json.dumps({"error": f"refused: {error}"}))
        raise typer.Exit(1) from error

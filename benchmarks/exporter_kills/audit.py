"""Audits the system after an export: one version, one alias, no leftovers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from exporter_kills.victim import Victim
from redis.asyncio import Redis
from trainer_kills.check import Check, events_on, nothing_waits

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.version import version_tag
from exporter.settings import ExporterSettings
from ratchet.contract import (
    CHECKPOINTS,
    COMMANDS,
    MODELS,
    CheckpointReady,
    ModelActivated,
    ModelRegistered,
)
from ratchet.storage import ArtifactStore, sha256_of
from ratchet_models import AdapterManifest

_IN_A_VERSION = {"model.gguf", "Modelfile", "manifest.json"}


@dataclass
class Audit:
    """`blobs` is the directory of the Ollama server at `ollama_url`, if there is one."""

    settings: ExporterSettings
    redis: Redis
    victim: Victim
    blobs: Path | None

    def __post_init__(self) -> None:
        self._name = self.settings.exporter_model_name
        self._registry = LocalRegistry(self.settings.data_dir / "registry", self._name)

    async def __call__(self, published: Sequence[CheckpointReady]) -> list[Check]:
        events = await events_on(self.redis, MODELS)
        versions = [version_tag(checkpoint) for checkpoint in published]
        retained = versions[-self.settings.exporter_keep_versions - 1 :]
        records = [record for v in retained if (record := await self._registry.record(v))]
        return [
            *_reported_once(events, published, versions),
            await self._registered(retained),
            await self._alias(versions[-1]),
            self._journal(published, versions),
            await nothing_waits(self.redis, CHECKPOINTS, COMMANDS),
            self._no_orphans(published, records),
            *(await self._ollama(retained, records) if self.blobs else ()),
            self._no_processes(),
        ]

    async def _registered(self, retained: Sequence[str]) -> Check:
        results = await self._registry.versions()
        return Check(
            "registered are the last versions", list(results) == retained, f"{len(results)}"
        )

    async def _alias(self, version: str) -> Check:
        record = await self._registry.record(version)
        active = await self._registry.active()
        sound = record is not None and active == version
        if sound and record is not None:
            sound = sha256_of(self._registry.gguf(version)) == record.export.gguf.sha256
        return Check("the alias is on the last one, whose hash is right", sound, f"{active}")

    def _journal(self, published: Sequence[CheckpointReady], versions: Sequence[str]) -> Check:
        moves = ActivationJournal(self.settings.activation_journal).read()
        due = [
            (event.event_id, version) for event, version in zip(published, versions, strict=True)
        ]
        made = [(move.cause, move.version) for move in moves]
        return Check("the journal has one move for each", made == due, f"{len(moves)} moves")

    def _no_orphans(
        self, published: Sequence[CheckpointReady], records: Sequence[ModelRecord]
    ) -> Check:
        data, root = self.settings.data_dir, self.settings.activation_journal.parent
        due = set(_artifacts(self.settings.artifacts_dir, published, records))
        due |= {root / name for name in ("activations.json", "latest", "previous")}
        due |= {root / record.version / name for record in records for name in _IN_A_VERSION}
        orphans = set(_lying(data, ("artifacts", "registry", "work"))) - due
        orphans |= {*(data / "cache").glob("gguf/.*"), *data.rglob("*.part")}
        listing = ", ".join(sorted(str(path.relative_to(data)) for path in orphans)[:4])
        return Check("no file without a reference exists", not orphans, listing or "0 orphans")

    async def _ollama(
        self, retained: Sequence[str], records: Sequence[ModelRecord]
    ) -> Iterable[Check]:
        assert self.blobs is not None
        async with httpx.AsyncClient(base_url=self.settings.exporter_ollama_url) as client:
            models = (await client.get("/api/tags")).json()["models"]
        tags = {model["name"]: model["digest"] for model in models}
        due = {f"{self._name}:{version}" for version in (*retained, "latest")}
        same = tags.get(f"{self._name}:latest") == tags.get(f"{self._name}:{retained[-1]}")
        files = {path.name.removeprefix("sha256-") for path in self.blobs.glob("*")}
        used = {record.export.gguf.sha256 for record in records}
        return (
            Check(
                "Ollama has the same, by the same alias",
                tags.keys() == due and same,
                f"{len(tags)} tags",
            ),
            Check("Ollama has no other file", files == used, f"{len(files)} files"),
        )

    def _no_processes(self) -> Check:
        left = self.victim.survivors + len(self.victim.children())
        return Check("no process outlived its service", not left, f"{left}")


def _reported_once(
    events: Iterable[Any], published: Sequence[CheckpointReady], versions: Sequence[str]
) -> Iterable[Check]:
    count = Counter((type(event), getattr(event, "version", None)) for event in events)
    due = Counter((kind, v) for v in versions for kind in (ModelRegistered, ModelActivated))
    yield Check(
        "each version is reported once as registered and once as active",
        count == due,
        f"{count.total()} events of {len(published)} checkpoints",
    )


def _artifacts(
    root: Path, published: Sequence[CheckpointReady], records: Sequence[ModelRecord]
) -> Iterable[Path]:
    store = ArtifactStore(root)
    for checkpoint in published:
        manifest = store.verified(checkpoint.manifest)
        yield manifest
        read = AdapterManifest.model_validate_json(manifest.read_bytes())
        yield from (store.verified(file) for file in read.files.values())
        if read.references is not None:
            yield store.verified(read.references)
    yield from (store.path(record.export.gguf) for record in records)


def _lying(data: Path, directories: Iterable[str]) -> Iterable[Path]:
    """Every file and link, and every hidden directory."""
    for directory in directories:
        for path in (data / directory).rglob("*"):
            if path.is_symlink() or not path.is_dir() or path.name.startswith("."):
                yield path

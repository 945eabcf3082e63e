"""Whether a version may become active: still the bytes that were registered, and served at all."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from exporter.domain.registry.record import ModelRecord
from exporter.ports import Records, Registry
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore, sha256_of

_OR_ANOTHER = "or activate another version"


@dataclass(frozen=True)
class Soundness:
    artifacts: ArtifactStore
    records: Records

    async def flaw(self, version: str, served_by: Registry | None) -> str | None:
        """What forbids to activate `version`, and the remedy; None where nothing does.

        Reads every byte of its GGUF. `served_by` is asked too, where it answers.
        """
        registered = await self.records.versions()
        if version not in registered:
            return f"{version} is not registered: registered are {', '.join(registered) or 'none'}"
        try:
            record = await self.records.record(version)
        except ValidationError as error:
            problem = error.errors()[0]["msg"]
            return f"manifest.json of {version} cannot be read ({problem}): {_OR_ANOTHER[3:]}"
        assert record is not None
        gguf = self.records.gguf(version)
        return (
            await asyncio.to_thread(_changed, record, gguf)
            or await asyncio.to_thread(self._without_manifest, record)
            or await _not_served(record, served_by)
        )

    def _without_manifest(self, record: ModelRecord) -> str | None:
        try:
            self.artifacts.verified(record.manifest)
        except (ArtifactMissing, ArtifactCorrupt) as error:
            return (
                f"the adapter's manifest of {record.version}: {error}; put it back, {_OR_ANOTHER}"
            )
        return None


def _changed(record: ModelRecord, gguf: Path) -> str | None:
    promised = record.export.gguf
    if not gguf.is_file():
        return f"{gguf.name} of {record.version} is missing: put {gguf} back, {_OR_ANOTHER}"
    size = gguf.stat().st_size
    if size != promised.size:
        difference = f"{size} bytes instead of {promised.size}"
    elif (sha256 := sha256_of(gguf)) != promised.sha256:
        difference = f"sha256 {sha256[:12]} instead of {promised.sha256[:12]}"
    else:
        return None
    return (
        f"{gguf.name} of {record.version} has changed on disk ({difference}): "
        f"put {gguf} back as it was, {_OR_ANOTHER}"
    )


async def _not_served(record: ModelRecord, served_by: Registry | None) -> str | None:
    if served_by is None or record.version in await served_by.versions():
        return None
    reason = f"{served_by.kind} does not have {record.version}"
    if record.export.modelfile.template is None:
        return f"{reason} and knows no template for it: activate another version"
    return f"{reason} yet: `ratchet models` says when it does, and why not; wait, {_OR_ANOTHER}"

"""The trial of a base model: its export and registration, tried with a small model in its place."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exporter.backends.directories import locked
from exporter.domain.export_messages import ANOTHER_BASE, ExportRefused
from exporter.domain.registry.record import Export, ModelRecord
from exporter.domain.trial import (
    TRIAL_MESSAGES,
    Trial,
    TrialCheck,
    TrialMessage,
    TrialModel,
    TrialRefused,
    TrialRequest,
)
from exporter.export.child_processes import ENVIRONMENT, ExportInterrupted, ExportProcesses
from exporter.registry.trial_registration import TrialServer, try_registrations
from exporter.settings import ExporterSettings
from ratchet.contract import ArtifactRef, utc_now
from ratchet.processes import ChildFailed, run_child
from ratchet.storage import ArtifactStore
from ratchet_models import AdapterManifest

_AGAIN = "free memory on the exporter's machine, then try again"


@dataclass(frozen=True)
class BaseTrial:
    """Tries a base model in the directory and under the version of `owner`.

    A second trial of the same owner waits for the first, and removes what a killed one has left.
    `registering` is held while the small model is on the servers. `chat_template` is a text that
    replaces the base's own template.
    """

    settings: ExporterSettings
    servers: Sequence[TrialServer]
    owner: str
    registering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, base_model: str, chat_template: str | None) -> Trial:
        """Takes half a minute; raises `OSError`."""
        directory = self.settings.data_dir.absolute() / "work" / f"trial-{self.owner}"
        with locked(directory):
            _empty(directory)
            try:
                return await self._run(base_model, chat_template, directory)
            finally:
                _empty(directory)

    async def _run(self, base_model: str, chat_template: str | None, directory: Path) -> Trial:
        apart = settings_apart(self.settings, directory)
        model = await small_model(self.settings, apart, base_model, chat_template)
        checks = [_chat_format(model)]
        if isinstance(model, TrialModel):
            export = await export_small(apart, model)
            checks.append(export if isinstance(export, TrialCheck) else _exported(export))
            if isinstance(export, Export):
                record = trial_record(model.manifest, export, f"trial-{self.owner}")
                gguf = ArtifactStore(apart.artifacts_dir).path(export.gguf)
                async with self.registering:
                    registration = await try_registrations(
                        self.servers, record, gguf, self.settings.limits
                    )
                checks.append(registration)
        return Trial.of(base_model, model.parameters, checks)


def settings_apart(settings: ExporterSettings, directory: Path) -> ExporterSettings:
    """The small model's converted file belongs neither to the cache nor to the artifacts."""
    return settings.model_copy(update={"data_dir": directory, "cache_dir": directory / "cache"})


async def small_model(
    settings: ExporterSettings,
    apart: ExporterSettings,
    base_model: str,
    chat_template: str | None,
) -> TrialMessage:
    request = TrialRequest(
        base_model=base_model,
        cache_dir=settings.cache_path.absolute(),
        artifacts_dir=apart.artifacts_dir,
        work_dir=apart.data_dir,
        chat_template=chat_template,
    )
    messages: list[TrialMessage] = []

    async def receive(line: bytes) -> None:
        messages.append(TRIAL_MESSAGES.validate_json(line))

    try:
        await run_child("exporter.export.trial_model", request, receive, ENVIRONMENT)
    except ChildFailed as error:
        reason = f"{base_model}: {_last(error)}"
        if error.killed:
            return TrialRefused(reason=reason, remedy=_AGAIN, transient=True)
        return TrialRefused(reason=reason, remedy=ANOTHER_BASE)
    return messages[-1]


def _chat_format(model: TrialMessage) -> TrialCheck:
    if isinstance(model, TrialRefused):
        return TrialCheck(
            name="chat format",
            level="fail",
            found=model.reason,
            mend=model.remedy,
            transient=model.transient,
        )
    system = "" if model.takes_system else "; it takes no system message"
    found = f"{model.architecture}, its template renders a question{system}"
    return TrialCheck(name="chat format", level="ok", found=found)


async def export_small(settings: ExporterSettings, model: TrialModel) -> Export | TrialCheck:
    processes = ExportProcesses(settings, lambda _: None)
    try:
        outcome = await processes.export("trial", model.manifest)
    except ExportInterrupted as error:
        if error.killed:
            return _failed_export(_last(error), _AGAIN, transient=True)
        return _failed_export(_last(error), ANOTHER_BASE)
    if isinstance(outcome, ExportRefused):
        return _failed_export(outcome.reason, outcome.remedy or ANOTHER_BASE)
    return outcome.export


def _failed_export(reason: str, remedy: str, *, transient: bool = False) -> TrialCheck:
    return TrialCheck(
        name="trial export", level="fail", found=reason, mend=remedy, transient=transient
    )


def _exported(export: Export) -> TrialCheck:
    parity = export.parity
    found = (
        f"a small model of this architecture passes as {export.quantization}: "
        f"top-1 {parity.top1:.4f}, KL {parity.kl:.6f} nats"
    )
    return TrialCheck(name="trial export", level="ok", found=found)


def trial_record(manifest: AdapterManifest, export: Export, version: str) -> ModelRecord:
    return ModelRecord(
        name="ratchet-trial",
        version=version,
        run_id=manifest.run_id,
        manifest=ArtifactRef(sha256="0" * 64, size=0, name="manifest.json"),
        checkpoint_at=utc_now(),
        base_model=manifest.base_model,
        base_sha256=manifest.base_sha256,
        dataset_sha256=manifest.dataset_sha256,
        before=manifest.before,
        after=manifest.after,
        export=export,
    )


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _last(error: Exception) -> str:
    """The last line of a child's output, which names the error."""
    return str(error).strip().splitlines()[-1]

"""`python -m exporter trial`: the export and registration of the configured base, tried small.

Without it a base that cannot be converted or served shows at the end of its first run.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import typer

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.ollama_api import ollama_client
from exporter.domain.export_messages import ExportRefused
from exporter.domain.registry.record import Export, ModelRecord
from exporter.domain.trial import (
    TRIAL_MESSAGES,
    TRIAL_STEPS,
    Trial,
    TrialCheck,
    TrialMessage,
    TrialModel,
    TrialRefused,
    TrialRequest,
)
from exporter.export.child_processes import ENVIRONMENT, ExportInterrupted, ExportProcesses
from exporter.registry.trial_registration import try_registration
from exporter.settings import ExporterSettings
from ratchet.command_line import say
from ratchet.contract import ArtifactRef, utc_now
from ratchet.models import AdapterManifest
from ratchet.processes import ChildFailed, run_child
from ratchet.settings import read_settings
from ratchet.storage import ArtifactStore
from ratchet_text import masked

_NAME = "ratchet-trial"
_SUPPORTED = (
    "set RATCHET_TRAINER_BASE_MODEL to a base whose architecture and tokenizer llama.cpp converts"
)


class TrialSettings(ExporterSettings):
    """With the trainer's settings of the base model, by the same names and defaults."""

    trainer_base_model: str = "unsloth/Meta-Llama-3.1-8B-Instruct"
    trainer_chat_template_file: Path | None = None


def run_trial(*, as_json: bool) -> None:
    """Print what an export of the configured base would meet; exits with 1 if a check fails."""
    settings = read_settings(TrialSettings)
    with _directory(settings.data_dir) as directory:
        trial = asyncio.run(_trial(settings, directory))
    if as_json:
        say(trial.model_dump_json())
    else:
        for check in trial.checks:
            say(f"{check.level:<7} {check.name}: {check.found}")
            if check.mend:
                say(f"        remedy: {check.mend}")
    if any(check.level == "fail" for check in trial.checks):
        raise typer.Exit(1)


@contextmanager
def _directory(data_dir: Path) -> Iterator[Path]:
    """A directory on the disk that exports use, removed at the end."""
    work = data_dir.absolute() / "work"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix="trial-") as directory:
        yield Path(directory)


def settings_apart(settings: TrialSettings, directory: Path) -> TrialSettings:
    """The small model's converted file belongs neither to the cache nor to the artifacts."""
    return settings.model_copy(update={"data_dir": directory, "cache_dir": directory / "cache"})


async def _trial(settings: TrialSettings, directory: Path) -> Trial:
    apart = settings_apart(settings, directory)
    model = await small_model(settings, apart)
    checks = [_chat_format(model)]
    if isinstance(model, TrialModel):
        export = await export_small(apart, model)
        checks.append(export if isinstance(export, TrialCheck) else _exported(export))
        if isinstance(export, Export):
            checks.append(await _registration(apart, model.manifest, export))
    steps = TRIAL_STEPS[len(checks) :]
    checks += [
        TrialCheck(name=name, level="skipped", found="needs the steps before") for name in steps
    ]
    base_model = settings.trainer_base_model
    return Trial(base_model=base_model, parameters=model.parameters, checks=tuple(checks))


async def small_model(settings: TrialSettings, apart: ExporterSettings) -> TrialMessage:
    given = settings.trainer_chat_template_file
    request = TrialRequest(
        base_model=settings.trainer_base_model,
        cache_dir=settings.cache_path.absolute(),
        artifacts_dir=apart.artifacts_dir,
        work_dir=apart.data_dir,
        chat_template=given.read_text(encoding="utf-8") if given else None,
    )
    messages: list[TrialMessage] = []

    async def receive(line: bytes) -> None:
        messages.append(TRIAL_MESSAGES.validate_json(line))

    try:
        await run_child("exporter.export.trial_model", request, receive, ENVIRONMENT)
    except ChildFailed as error:
        return TrialRefused(reason=f"{request.base_model}: {_last(error)}", remedy=_SUPPORTED)
    return messages[-1]


def _chat_format(model: TrialMessage) -> TrialCheck:
    if isinstance(model, TrialRefused):
        return TrialCheck(name="chat format", level="fail", found=model.reason, mend=model.remedy)
    system = "" if model.takes_system else "; it takes no system message"
    found = f"{model.architecture}, its template renders a question{system}"
    return TrialCheck(name="chat format", level="ok", found=found)


async def export_small(settings: ExporterSettings, model: TrialModel) -> Export | TrialCheck:
    processes = ExportProcesses(settings, lambda _: None)
    try:
        outcome = await processes.export("trial", model.manifest)
    except ExportInterrupted as error:
        return _failed_export(_last(error))
    if isinstance(outcome, ExportRefused):
        return _failed_export(outcome.reason)
    return outcome.export


def _failed_export(reason: str) -> TrialCheck:
    return TrialCheck(name="trial export", level="fail", found=reason, mend=_SUPPORTED)


def _exported(export: Export) -> TrialCheck:
    parity = export.parity
    found = (
        f"a small model of this architecture passes as {export.quantization}: "
        f"top-1 {parity.top1:.4f}, KL {parity.kl:.6f} nats"
    )
    return TrialCheck(name="trial export", level="ok", found=found)


async def _registration(
    settings: ExporterSettings, manifest: AdapterManifest, export: Export
) -> TrialCheck:
    url = settings.exporter_ollama_url
    if not url:
        found = "RATCHET_EXPORTER_OLLAMA_URL is empty: the local registry serves"
        return TrialCheck(name="trial registration", level="skipped", found=found)
    gguf = ArtifactStore(settings.artifacts_dir).path(export.gguf)
    async with ollama_client(url) as client:
        server = OllamaRegistry(client, _NAME)
        record = trial_record(manifest, export)
        return await try_registration(server, masked(url), record, gguf, settings.limits)


def trial_record(manifest: AdapterManifest, export: Export) -> ModelRecord:
    return ModelRecord(
        name=_NAME,
        version=uuid4().hex,
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


def _last(error: Exception) -> str:
    """The last line of a child's output, which names the error."""
    return str(error).strip().splitlines()[-1]

"""`python -m exporter trial`: the export and registration of the configured base, tried small.

Without it a base that cannot be converted or served shows at the end of its first run.
"""

import asyncio
from pathlib import Path

import typer

from exporter.export.base_trial import BaseTrial
from exporter.registry.trial_registration import trial_servers
from exporter.settings import ExporterSettings
from ratchet.command_line import Failed, say
from ratchet.settings import read_settings


class TrialSettings(ExporterSettings):
    """With the trainer's settings of the base model, by the same names and defaults."""

    trainer_base_model: str = ""
    trainer_chat_template_file: Path | None = None


def run_trial(*, as_json: bool) -> None:
    """Print what an export of the configured base would meet; exits with 1 if a check fails."""
    settings = read_settings(TrialSettings)
    if not settings.trainer_base_model:
        raise Failed(
            "No base model is set. Choose one in docs/models.md and set it in "
            "RATCHET_TRAINER_BASE_MODEL."
        )
    given = settings.trainer_chat_template_file
    template = given.read_text(encoding="utf-8") if given else None
    base = BaseTrial(settings, trial_servers(settings), "command")
    trial = asyncio.run(base.run(settings.trainer_base_model, template))
    if as_json:
        say(trial.model_dump_json())
    else:
        for check in trial.checks:
            say(f"{check.level:<7} {check.name}: {check.found}")
            if check.mend:
                say(f"        remedy: {check.mend}")
    if trial.failed:
        raise typer.Exit(1)

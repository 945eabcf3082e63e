"""Whether an export of the base model would end with a registered model, by the exporter's trial.

The exporter tries a small model with the base's architecture, tokenizer and chat template.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ratchet_cli.doctor.check import Check, skipped, warn

NAMES = ("chat format", "trial export", "trial registration")

_LIMIT_S = 300.0
_BY_HAND = "run `python -m exporter trial` in the exporter's environment to see its messages"


@dataclass(frozen=True)
class TrialFacts:
    """`parameters` of the whole base, None if unknown; no `checks` because of `problem`."""

    checks: tuple[Check, ...] = ()
    parameters: int | None = None
    problem: str = ""
    skipped: str = ""


async def probe(settings: Mapping[str, str], data_dir: Path) -> TrialFacts:
    """Run `python -m exporter trial` with `settings`, by field; takes up to a minute."""
    if find_spec("exporter") is None:
        return TrialFacts(skipped="the exporter is not installed here")
    environment = {f"RATCHET_{name.upper()}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "exporter", "trial", "--json"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment, "RATCHET_DATA_DIR": str(data_dir)},
    )
    try:
        async with asyncio.timeout(_LIMIT_S):
            output, errors = await process.communicate()
    except TimeoutError:
        return TrialFacts(problem=f"it takes longer than {_LIMIT_S:.0f} s")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        return _facts(json.loads(output))
    except (ValueError, KeyError, TypeError):
        [*_, last] = errors.decode(errors="replace").strip().splitlines() or ["no output"]
        return TrialFacts(problem=last)


def judge(facts: TrialFacts) -> list[Check]:
    if facts.skipped:
        return [skipped(name, facts.skipped) for name in NAMES]
    if facts.problem:
        unknown = [skipped(name, "the trial has no result") for name in NAMES[1:]]
        return [warn(NAMES[0], f"the trial has no result: {facts.problem}", _BY_HAND), *unknown]
    return list(facts.checks)


def _facts(trial: Mapping[str, Any]) -> TrialFacts:
    checks = (
        Check(one["name"], one["level"], one["found"], one["mend"]) for one in trial["checks"]
    )
    return TrialFacts(tuple(checks), trial["parameters"])

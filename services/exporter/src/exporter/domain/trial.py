"""A trial: the configured base's export and registration, with a small model in its place."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter

from ratchet.contract import Value
from ratchet_models import AdapterManifest

TrialStep = Literal["chat format", "trial export", "trial registration"]
TRIAL_STEPS: tuple[TrialStep, ...] = ("chat format", "trial export", "trial registration")


class TrialCheck(Value):
    """`mend` is the remedy; empty if nothing is wrong. The names are those of the JSON output.

    `top1` is the share of equal tokens, where answers were compared. `server` and `version` are
    those of the server that was asked. `transient` is whether another attempt may end otherwise.
    """

    name: TrialStep
    level: Literal["ok", "warn", "fail", "skipped"]
    found: str
    mend: str = ""
    top1: float | None = None
    server: str = ""
    version: str | None = None
    transient: bool = False


class Trial(Value):
    """`parameters` are those of the whole base, None if its configuration cannot be read."""

    base_model: str
    parameters: int | None
    checks: tuple[TrialCheck, ...]

    @classmethod
    def of(cls, base_model: str, parameters: int | None, checks: Sequence[TrialCheck]) -> Self:
        """The trial with these checks; the steps after them were skipped."""
        steps = TRIAL_STEPS[len(checks) :]
        missing = [
            TrialCheck(name=name, level="skipped", found="needs the steps before") for name in steps
        ]
        return cls(base_model=base_model, parameters=parameters, checks=(*checks, *missing))

    def check(self, name: TrialStep) -> TrialCheck:
        return next(check for check in self.checks if check.name == name)

    @property
    def failed(self) -> TrialCheck | None:
        return next((check for check in self.checks if check.level == "fail"), None)


class TrialRequest(Value):
    """Asks for a small model in `work_dir`.

    `chat_template` is a text that replaces the base's own template.
    """

    base_model: str
    cache_dir: Path
    artifacts_dir: Path
    work_dir: Path
    chat_template: str | None = None


class TrialModel(Value):
    """`parameters` are those of the whole base, `takes_system` whether its chats may have one."""

    type: Literal["model"] = "model"
    manifest: AdapterManifest
    parameters: int
    architecture: str
    takes_system: bool


class TrialRefused(Value):
    """There is no small model, because the base cannot be read, rendered or converted.

    `transient` is whether another attempt may end otherwise.
    """

    type: Literal["refused"] = "refused"
    reason: str
    remedy: str
    parameters: int | None = None
    transient: bool = False


TrialMessage = TrialModel | TrialRefused
TRIAL_MESSAGES: TypeAdapter[TrialMessage] = TypeAdapter(
    Annotated[TrialMessage, Field(discriminator="type")]
)

"""The facts that a decision to train is based on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ratchet.contract import Method
from trainer.domain.runs.base_trial import TrialStanding


@dataclass(frozen=True)
class RunRequest:
    """A user's request for a run now, by any method if `method` is None."""

    by: str
    method: Method | None = None


@dataclass(frozen=True)
class WaitingExamples:
    """Counts of the examples for one method that no finished run has used.

    `rarer` counts the labels of the rarer sign, `voice` and `widget` the examples of that
    aspect; `oldest_s` is the waiting time of the first.
    """

    count: int = 0
    rarer: int = 0
    oldest_s: float = 0.0
    voice: int = 0
    widget: int = 0


@dataclass(frozen=True)
class TrainingSituation:
    """Waiting examples, earlier runs, a request, and the free resources.

    `idle_s` is the time since the last run ended, None before the first one. `quiet_s` is the
    time since the last example arrived, None if none has since the start. `last_run_s` is the
    time since the last run of each method. `ruled_out` maps a method to the reason why the
    waiting examples allow no run by it. `minute` is local, from midnight. `trial` is that of the
    base model, None if none is made. `base_obstacle` is why there is no base model to train.
    """

    waiting: Mapping[Method, WaitingExamples]
    idle_s: float | None = None
    running: str | None = None
    requested_by: str | None = None
    requested: Method | None = None
    quiet_s: float | None = None
    last_run_s: Mapping[Method, float] = field(default_factory=dict)
    ruled_out: Mapping[Method, str] = field(default_factory=dict)
    minute: int = 0
    free_memory: int | None = None
    free_disk: int | None = None
    trial: TrialStanding | None = None
    base_obstacle: str | None = None

    def of(self, method: Method) -> WaitingExamples:
        return self.waiting.get(method, WaitingExamples())

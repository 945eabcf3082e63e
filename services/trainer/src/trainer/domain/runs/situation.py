"""What a decision to train is made on: what waits, what has been, and what there is room for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ratchet.contract import Method


@dataclass(frozen=True)
class Waiting:
    """Examples of one method that no finished run has used.

    `rarer` counts those of the rarer sign among labels; `oldest_s` is how long the first waits.
    `voice` and `widget` count those that teach to speak and to plan.
    """

    count: int = 0
    rarer: int = 0
    oldest_s: float = 0.0
    voice: int = 0
    widget: int = 0


@dataclass(frozen=True)
class Situation:
    """`idle_s` is the time since the last run ended, None before the first one.

    `quiet_s` is the time since an example came last, None when none has since the start.
    `last_run_s` is how long ago each method ran last; `ruled_out` says of a method why what waits
    now makes no run by it. `minute` is local, from midnight.
    """

    waiting: Mapping[Method, Waiting]
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

    def of(self, method: Method) -> Waiting:
        return self.waiting.get(method, Waiting())

"""A fault: how to inject it, how long it lasts, and how an operator ends it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fault_injection.system import System

Step = Callable[[System], Awaitable[None]]


async def nothing(system: System) -> None:
    """The system recovers by itself."""


@dataclass(frozen=True)
class Fault:
    """`repair` does what the documentation tells an operator to do, after `lasts_s` seconds.

    `needs_disk` marks faults that need the data directory on a disk of its own, `needs_clock` those
    that set the clock. Where it `sets_redis_back`, a producer sends again what is missing after the
    repair; where it `handles_again`, the repair appends facts a second time.
    """

    name: str
    inject: Step
    lasts_s: float = 1.0
    repair: Step = nothing
    needs_disk: bool = False
    needs_clock: bool = False
    sets_redis_back: bool = False
    handles_again: bool = False

"""Whether this machine's clock agrees with that of Redis and runs evenly."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from ratchet_cli.doctor.check import Check, fail, ok, skipped

STORED = "stored times"
_NOTE = "ratchet:clock:problem"
_MAX_SKEW_S = 2.0
_MAX_JUMP_S = 0.5
_REMEDY = "let NTP set the clocks of both machines: `timedatectl set-ntp true`, or chrony"

Seconds = Callable[[], float]


@dataclass(frozen=True)
class ClockFacts:
    """`ahead_s`: this clock minus that of Redis, None if unknown; accurate to `doubt_s`.

    `wall_s` and `steady_s` are the same span by the wall clock and by the monotonic clock.
    """

    ahead_s: float | None
    doubt_s: float
    wall_s: float
    steady_s: float


@dataclass
class Clocks:
    """Measures from its construction on."""

    wall: Seconds = time.time
    steady: Seconds = time.monotonic
    _ahead_s: float | None = None
    _doubt_s: float = 0.0
    _started: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.wall(), self.steady()

    async def compare(self, redis: Redis) -> None:
        """Measure the difference to the clock of Redis; the doubt is half the round trip."""
        client: Any = redis
        await client.ping()  # connects: the handshake would count as part of the round trip
        wall, steady = self.wall(), self.steady()
        seconds, micros = await client.time()
        took_s = self.steady() - steady
        self._ahead_s = wall + took_s / 2 - (seconds + micros / 1e6)
        self._doubt_s = took_s / 2

    def facts(self) -> ClockFacts:
        wall, steady = self._started
        return ClockFacts(self._ahead_s, self._doubt_s, self.wall() - wall, self.steady() - steady)


def judge(facts: ClockFacts) -> list[Check]:
    return [_skew(facts), _steadiness(facts)]


async def stored(redis: Redis) -> Check:
    """Whether Redis has times of a clock that was wrong, as the ledger notes it."""
    client: Any = redis
    problem = await client.get(_NOTE)
    if problem is None:
        return ok(STORED, "no entry is ahead of the clock, and the clock was not set")
    found, _, remedy = problem.decode().partition(". ")
    return fail(STORED, found, remedy)


def _skew(facts: ClockFacts) -> Check:
    if facts.ahead_s is None:
        return skipped("clock", "Redis does not respond: there is nothing to compare with")
    side = "ahead of" if facts.ahead_s > 0 else "behind"
    finding = f"{abs(facts.ahead_s):.2f} s {side} Redis, give or take {facts.doubt_s:.2f} s"
    if abs(facts.ahead_s) - facts.doubt_s > _MAX_SKEW_S:
        return fail("clock", f"{finding}: ages, windows and leases are wrong by that", _REMEDY)
    return ok("clock", finding)


def _steadiness(facts: ClockFacts) -> Check:
    jump_s = facts.wall_s - facts.steady_s
    if abs(jump_s) > _MAX_JUMP_S:
        finding = f"the wall clock moved {jump_s:+.1f} s against the monotonic clock meanwhile"
        return fail("clock steadiness", finding, _REMEDY)
    return ok("clock steadiness", f"steady over {facts.steady_s:.1f} s")

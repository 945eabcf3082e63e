"""Whether this machine's clock agrees with Redis's, and runs evenly."""

from dataclasses import dataclass

from ratchet_cli.doctor.check import Check, fail, ok, skipped

NAMES = ("clock", "clock steadiness")
_MOST_S = 2.0
_JUMP_S = 0.5
_MEND = "let NTP set the clocks of both machines: `timedatectl set-ntp true`, or chrony"


@dataclass(frozen=True)
class ClockFacts:
    """`ahead_s`: this clock less Redis's, None if not asked; `doubt_s` is half the round trip.

    `wall_s` and `steady_s` are one span by the wall clock and by the monotonic one.
    """

    ahead_s: float | None
    doubt_s: float
    wall_s: float
    steady_s: float


def judge(facts: ClockFacts) -> list[Check]:
    return [_skew(facts), _steadiness(facts)]


def _skew(facts: ClockFacts) -> Check:
    if facts.ahead_s is None:
        return skipped("clock", "Redis does not answer: there is nothing to compare with")
    side = "ahead of" if facts.ahead_s > 0 else "behind"
    found = f"{abs(facts.ahead_s):.2f} s {side} Redis, give or take {facts.doubt_s:.2f} s"
    if abs(facts.ahead_s) - facts.doubt_s > _MOST_S:
        return fail("clock", f"{found}: ages, windows and leases are wrong by that", _MEND)
    return ok("clock", found)


def _steadiness(facts: ClockFacts) -> Check:
    jump_s = facts.wall_s - facts.steady_s
    if abs(jump_s) > _JUMP_S:
        found = f"the wall clock moved {jump_s:+.1f} s against the monotonic one while we looked"
        return fail("clock steadiness", found, _MEND)
    return ok("clock steadiness", f"even over {facts.steady_s:.1f} s")

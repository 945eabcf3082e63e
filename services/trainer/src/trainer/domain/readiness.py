"""Whether to train now: a decision is a value with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Train:
    reason: str


@dataclass(frozen=True)
class Wait:
    reason: str


Decision = Train | Wait


@dataclass(frozen=True)
class Rules:
    """`least` pairs are the fewest a run can hold out from and still train on.

    A burst of examples is waited out until none has come for `settle_s`, so that it becomes one
    run; a stream that never rests is cut at twice `min_pairs`.
    """

    min_pairs: int
    cooldown_s: float
    least: int
    settle_s: float = 0.0


@dataclass(frozen=True)
class Situation:
    """`idle_s` is the time since the last run ended, None before the first one.

    `quiet_s` is the time since an example came last, None when none has since the start.
    """

    pending: int
    idle_s: float | None
    running: str | None = None
    requested_by: str | None = None
    quiet_s: float | None = None


def decide(now: Situation, rules: Rules) -> Decision:
    """A request lifts the minimum and the cool-down, never the need for any pairs at all."""
    if now.running is not None:
        return Wait(f"run {now.running} is not finished")
    if now.requested_by is not None:
        if now.pending < rules.least:
            return Wait(
                f"{now.requested_by} asked for a run, but {_pairs(now.pending)} of at least "
                f"{rules.least} wait"
            )
        return Train(f"{now.requested_by} asked for a run; {_pairs(now.pending)} wait")
    if now.pending < rules.min_pairs:
        return Wait(f"{_pairs(now.pending)} of {rules.min_pairs} wait")
    remaining = cooldown_remaining_s(now, rules)
    if remaining > 0:
        return Wait(f"{_pairs(now.pending)} wait; cool-down for another {remaining:.0f} s")
    arriving = now.quiet_s is not None and now.quiet_s < rules.settle_s
    if arriving and now.pending < 2 * rules.min_pairs:
        return Wait(f"{_pairs(now.pending)} wait and more are arriving")
    return Train(f"{_pairs(now.pending)} wait, at least {rules.min_pairs} are asked for")


def cooldown_remaining_s(now: Situation, rules: Rules) -> float:
    return 0.0 if now.idle_s is None else max(0.0, rules.cooldown_s - now.idle_s)


def _pairs(count: int) -> str:
    return f"{count} pair" if count == 1 else f"{count} pairs"

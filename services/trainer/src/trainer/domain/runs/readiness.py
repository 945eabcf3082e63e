"""Whether to train now, and by which method: a decision is a value with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, inf

from ratchet.contract import Method
from trainer.domain.evaluation.statistical_power import cases_to_detect
from trainer.domain.runs.quiet_hours import QuietHours
from trainer.domain.runs.situation import Situation, Waiting

METHODS: tuple[Method, ...] = ("dpo", "sft", "kto")
"""In order of preference where all else is equal."""
COUNTED = {"dpo": "pair", "sft": "demonstration", "kto": "label"}


@dataclass(frozen=True)
class Train:
    method: Method
    reason: str


@dataclass(frozen=True)
class Wait:
    """`lacking` is how many more examples each method waits for, where it waits for any."""

    reason: str
    lacking: Mapping[Method, int] = field(default_factory=dict)


Decision = Train | Wait


@dataclass(frozen=True)
class Rules:
    """`least` examples are the fewest a run can hold out from and still train on.

    A burst of examples is waited out until none has come for `settle_s`, so that it becomes one
    run; a stream that never rests is cut at twice the minimum. Of labels, `min_rarer_share` must
    have the rarer sign. Whoever waits `patience_s` is trained on at half the minimum.
    `min_free_memory` and `min_free_disk` are in bytes. A `gain` whose cases vary by `spread`
    (standard deviation; both in text quality) should be detected by `held_out_share` of them.
    """

    minimum: Mapping[Method, int]
    cooldown_s: float
    least: int
    settle_s: float = 0.0
    min_rarer_share: float = 0.1
    patience_s: float | None = None
    quiet_hours: QuietHours | None = None
    min_free_memory: int = 0
    min_free_disk: int = 0
    held_out_share: float = 0.1
    gain: float = 0.1
    spread: float = 0.18


def decide(now: Situation, rules: Rules) -> Decision:
    """A request lifts every limit but room to work in and the need for any examples at all.

    One that cannot be met yet holds nothing else back.
    """
    if now.running is not None:
        return Wait(f"run {now.running} is not finished")
    for what, free, least in (
        ("memory", now.free_memory, rules.min_free_memory),
        ("disk", now.free_disk, rules.min_free_disk),
    ):
        if free is not None and free < least:
            return Wait(f"{_gib(free)} of {what} are free, a run asks for {_gib(least)}")
    by_itself = _by_itself(now, rules)
    if now.requested_by is None:
        return by_itself
    asked = _asked(now, now.requested_by, rules)
    return asked if isinstance(asked, Train) or isinstance(by_itself, Wait) else by_itself


def cooldown_remaining_s(now: Situation, rules: Rules) -> float:
    return 0.0 if now.idle_s is None else max(0.0, rules.cooldown_s - now.idle_s)


def _by_itself(now: Situation, rules: Rules) -> Decision:
    enough = [method for method in METHODS if _lacking(now, method, rules) == 0]
    if not enough:
        return _too_little(now, rules)
    balanced = [method for method in enough if _is_balanced(now.of(method), method, rules)]
    if not balanced:
        return Wait(
            f"{_counted(now, 'kto')} wait, but only {now.of('kto').rarer} have the rarer sign; "
            f"{rules.min_rarer_share:.0%} are asked for"
        )
    able = [method for method in balanced if method not in now.ruled_out]
    if not able:
        return Wait("; ".join(dict.fromkeys(now.ruled_out[method] for method in balanced)))
    method = max(able, key=lambda m: (now.last_run_s.get(m, inf), _answers(now, m)))
    hindrance = _hindrance(now, method, rules)
    if hindrance:
        return Wait(f"{_counted(now, method)} wait{hindrance}")
    return Train(method, _why(now, method, rules))


def _asked(now: Situation, who: str, rules: Rules) -> Decision:
    wanted = METHODS if now.requested is None else (now.requested,)
    enough = [
        method
        for method in wanted
        if now.of(method).count >= rules.least and (method != "kto" or now.of("kto").rarer)
    ]
    able = [method for method in enough if method not in now.ruled_out]
    if able:
        return Train(able[0], f"{who} asked for a run; {_counted(now, able[0])} wait")
    if enough:
        return Wait(f"{who} asked for a run, but {now.ruled_out[enough[0]]}")
    waiting = ", ".join(_counted(now, method) for method in wanted)
    return Wait(f"{who} asked for a run, but {waiting} of at least {rules.least} wait")


def _hindrance(now: Situation, method: Method, rules: Rules) -> str:
    remaining = cooldown_remaining_s(now, rules)
    if remaining > 0:
        return f"; cool-down for another {remaining:.0f} s"
    if rules.quiet_hours is not None and rules.quiet_hours.hold(now.minute):
        return f"; no run begins in the quiet hours {rules.quiet_hours}"
    arriving = now.quiet_s is not None and now.quiet_s < rules.settle_s
    if arriving and now.of(method).count < 2 * rules.minimum[method]:
        return " and more are arriving"
    return ""


def _why(now: Situation, method: Method, rules: Rules) -> str:
    waiting, minimum = now.of(method), rules.minimum[method]
    if waiting.count >= minimum:
        return f"{_counted(now, method)} wait, at least {minimum} are asked for"
    days = waiting.oldest_s / 86400
    return f"{_counted(now, method)} wait, the first for {days:.0f} days"


def _lacking(now: Situation, method: Method, rules: Rules) -> int:
    waiting, minimum = now.of(method), rules.minimum[method]
    if rules.patience_s is not None and waiting.oldest_s >= rules.patience_s:
        minimum = max(rules.least, ceil(minimum / 2))
    return max(0, minimum - waiting.count)


def _answers(now: Situation, method: Method) -> int:
    """How many answers there are to learn from; a pair has two."""
    return now.of(method).count * (2 if method == "dpo" else 1)


def _is_balanced(waiting: Waiting, method: Method, rules: Rules) -> bool:
    return method != "kto" or waiting.rarer >= max(1, rules.min_rarer_share * waiting.count)


def _too_little(now: Situation, rules: Rules) -> Wait:
    """Name the method that lacks least, and what its data could show by then."""
    lacking = {method: _lacking(now, method, rules) for method in METHODS}
    nearest = min(METHODS, key=lambda method: lacking[method] / rules.minimum[method])
    held_out = rules.held_out_share * rules.minimum[nearest]
    cases = cases_to_detect(rules.gain, rules.spread)
    reason = f"{_counted(now, nearest)} of {rules.minimum[nearest]} wait"
    if held_out < cases:
        more = max(0, ceil(cases / rules.held_out_share) - now.of(nearest).count)
        reason += f"; about {more} more would show a gain of {rules.gain:g} by held-out ones alone"
    return Wait(reason, lacking)


def _counted(now: Situation, method: Method) -> str:
    count, noun = now.of(method).count, COUNTED[method]
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"

"""Decides whether to train now, and by which method."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, inf

from ratchet.contract import Method
from trainer.domain.evaluation.bootstrap import cases_to_detect
from trainer.domain.runs.base_trial import TrialStanding
from trainer.domain.runs.quiet_hours import QuietHours
from trainer.domain.runs.situation import TrainingSituation, WaitingExamples

METHODS: tuple[Method, ...] = ("dpo", "sft", "kto")
"""In order of preference if all else is equal."""
COUNTED = {"dpo": "pair", "sft": "demonstration", "kto": "label"}


@dataclass(frozen=True)
class TrainNow:
    method: Method
    reason: str


@dataclass(frozen=True)
class TrainLater:
    """`lacking` is the number of examples that each method still needs, if any."""

    reason: str
    lacking: Mapping[Method, int] = field(default_factory=dict)


ReadinessDecision = TrainNow | TrainLater


@dataclass(frozen=True)
class ReadinessRules:
    """When a run starts.

    `least` is the smallest number of examples that leaves some to train on beside the held-out
    ones. A run waits until no example has arrived for `settle_s`, so that a burst becomes one
    run, but no longer than up to twice the minimum. Of labels, `min_rarer_share` must have the
    rarer sign. After `patience_s` half the minimum suffices. `min_free_memory` and
    `min_free_disk` are in bytes. `held_out_share` of the examples should detect a `gain` whose
    cases have the standard deviation `spread` (both in text quality).
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


def decide(now: TrainingSituation, rules: ReadinessRules) -> ReadinessDecision:
    """Decide by the rules, or on a request with fewer of them.

    A request lifts every limit except free memory, free disk, `least` examples, the base model and
    its trial. A request that cannot be met yet does not delay runs by the rules.
    """
    if now.running is not None:
        return TrainLater(f"run {now.running} is not finished")
    decision = _by_examples(now, rules)
    obstacle = now.base_obstacle or _obstacle_of_trial(now.trial, decision)
    if obstacle is None:
        return decision
    lacking = decision.lacking if isinstance(decision, TrainLater) else {}
    requested = f"{now.requested_by} requested a run, but " if now.requested_by else ""
    return TrainLater(f"{requested}{obstacle}", lacking)


def _obstacle_of_trial(trial: TrialStanding | None, decision: ReadinessDecision) -> str | None:
    if trial is None or trial.state in ("passed", "unknown"):
        return None
    if trial.state == "awaited" and isinstance(decision, TrainLater):
        return None
    return trial.reason


def _by_examples(now: TrainingSituation, rules: ReadinessRules) -> ReadinessDecision:
    for resource, free, least in (
        ("memory", now.free_memory, rules.min_free_memory),
        ("disk", now.free_disk, rules.min_free_disk),
    ):
        if free is not None and free < least:
            return TrainLater(f"{_gib(free)} of {resource} are free, a run needs {_gib(least)}")
    by_rules = _by_rules(now, rules)
    if now.requested_by is None:
        return by_rules
    on_request = _on_request(now, now.requested_by, rules)
    if isinstance(on_request, TrainLater) and isinstance(by_rules, TrainNow):
        return by_rules
    return on_request


def cooldown_remaining_s(now: TrainingSituation, rules: ReadinessRules) -> float:
    return 0.0 if now.idle_s is None else max(0.0, rules.cooldown_s - now.idle_s)


def _by_rules(now: TrainingSituation, rules: ReadinessRules) -> ReadinessDecision:
    enough = [method for method in METHODS if _lacking(now, method, rules) == 0]
    if not enough:
        return _too_few(now, rules)
    balanced = [method for method in enough if _is_balanced(now.of(method), method, rules)]
    if not balanced:
        return TrainLater(
            f"{_counted(now, 'kto')} wait, but only {now.of('kto').rarer} have the rarer sign; "
            f"{rules.min_rarer_share:.0%} are required"
        )
    able = [method for method in balanced if method not in now.ruled_out]
    if not able:
        return TrainLater("; ".join(dict.fromkeys(now.ruled_out[method] for method in balanced)))
    method = max(able, key=lambda m: (now.last_run_s.get(m, inf), _answers(now, m)))
    obstacle = _obstacle(now, method, rules)
    if obstacle:
        return TrainLater(f"{_counted(now, method)} wait{obstacle}")
    return TrainNow(method, _reason(now, method, rules))


def _on_request(now: TrainingSituation, user: str, rules: ReadinessRules) -> ReadinessDecision:
    methods = METHODS if now.requested is None else (now.requested,)
    enough = [
        method
        for method in methods
        if now.of(method).count >= rules.least and (method != "kto" or now.of("kto").rarer)
    ]
    able = [method for method in enough if method not in now.ruled_out]
    if able:
        return TrainNow(able[0], f"{user} requested a run; {_counted(now, able[0])} wait")
    if enough:
        return TrainLater(f"{user} requested a run, but {now.ruled_out[enough[0]]}")
    waiting = ", ".join(_counted(now, method) for method in methods)
    return TrainLater(f"{user} requested a run, but {waiting} of at least {rules.least} wait")


def _obstacle(now: TrainingSituation, method: Method, rules: ReadinessRules) -> str:
    remaining = cooldown_remaining_s(now, rules)
    if remaining > 0:
        return f"; cool-down for another {remaining:.0f} s"
    if rules.quiet_hours is not None and now.minute in rules.quiet_hours:
        return f"; no run starts in the quiet hours {rules.quiet_hours}"
    arriving = now.quiet_s is not None and now.quiet_s < rules.settle_s
    if arriving and now.of(method).count < 2 * rules.minimum[method]:
        return " and more are arriving"
    return ""


def _reason(now: TrainingSituation, method: Method, rules: ReadinessRules) -> str:
    waiting, minimum = now.of(method), rules.minimum[method]
    if waiting.count >= minimum:
        return f"{_counted(now, method)} wait, at least {minimum} are required"
    days = waiting.oldest_s / 86400
    return f"{_counted(now, method)} wait, the first for {days:.0f} days"


def _lacking(now: TrainingSituation, method: Method, rules: ReadinessRules) -> int:
    waiting, minimum = now.of(method), rules.minimum[method]
    if rules.patience_s is not None and waiting.oldest_s >= rules.patience_s:
        minimum = max(rules.least, ceil(minimum / 2))
    return max(0, minimum - waiting.count)


def _answers(now: TrainingSituation, method: Method) -> int:
    """The number of answers to learn from; a pair has two."""
    return now.of(method).count * (2 if method == "dpo" else 1)


def _is_balanced(waiting: WaitingExamples, method: Method, rules: ReadinessRules) -> bool:
    return method != "kto" or waiting.rarer >= max(1, rules.min_rarer_share * waiting.count)


def _too_few(now: TrainingSituation, rules: ReadinessRules) -> TrainLater:
    """The method closest to its minimum, and how many examples would show a gain."""
    lacking = {method: _lacking(now, method, rules) for method in METHODS}
    nearest = min(METHODS, key=lambda method: lacking[method] / rules.minimum[method])
    held_out = rules.held_out_share * rules.minimum[nearest]
    cases = cases_to_detect(rules.gain, rules.spread)
    reason = f"{_counted(now, nearest)} of {rules.minimum[nearest]} wait"
    if held_out < cases:
        more = max(0, ceil(cases / rules.held_out_share) - now.of(nearest).count)
        reason += f"; about {more} more would show a gain of {rules.gain:g} on held-out ones alone"
    return TrainLater(reason, lacking)


def _counted(now: TrainingSituation, method: Method) -> str:
    count, noun = now.of(method).count, COUNTED[method]
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"

"""The gate's clauses on truth: not less true than the champion, nor than the base.

On captured prompts: no more false statements than the champion.
"""

from collections.abc import Iterator, Mapping

from ratchet.contract import GateFigures, Interval, ShadowFigures
from trainer.domain.evaluation.figures import described_gain
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.measures import SHARES, Measure

FAULTS: dict[Measure, str] = {
    "untrue": "more answers are untrue than",
    "invented": "more is invented than",
    "refused": "listed readings are called absent more often than",
    "stated_absent": "absent readings are stated more often than",
}
RIGHT: dict[Measure, str] = {
    "right_device": "the right device is named less often than",
    "right_direction": "the right direction is named less often than",
    "precision": "a smaller share of the statements is true than",
}
SHADOW_FAULTS: dict[Measure, str] = {
    "untrue": "more answers to captured prompts are untrue than with the champion",
    "invented": "more is invented in answers to captured prompts than with the champion",
}
_ROUNDING = 1e-9


def less_true(figures: GateFigures, rules: GateRules) -> Iterator[str]:
    """Why a challenger is less true than the champion, and than the base if that is another."""
    yield from _less_true("the champion", figures.together, rules)
    yield from _less_true("the base", figures.over_base, rules)


def more_false_in_shadow(shadow: ShadowFigures | None, rules: GateRules) -> Iterator[str]:
    """Why a challenger states more that is false in its answers to captured prompts."""
    for name, words in SHADOW_FAULTS.items():
        gain = shadow.gains.get(name) if shadow else None
        if gain is None:
            continue
        observed = gain.n >= rules.shadow_cases and gain.mean > rules.max_fault_rise + _ROUNDING
        credible = gain.n >= rules.gain_cases and gain.low > 0
        if observed or credible:
            yield f"{words}: {described_gain(name, gain)}, {gain.n} prompts"


def _less_true(model: str, gains: Mapping[str, Interval], rules: GateRules) -> Iterator[str]:
    for name, words in FAULTS.items():
        gain = gains.get(name)
        if gain is not None and (gain.mean > rules.max_fault_rise + _ROUNDING or gain.low > 0):
            yield f"{words} with {model}: {described_gain(name, gain)}"
    for name, words in RIGHT.items():
        gain = gains.get(name)
        if gain is None or (name in SHARES and gain.n < rules.share_cases):
            continue
        if gain.mean < -rules.max_right_fall - _ROUNDING or gain.high < 0:
            yield f"{words} with {model}: {described_gain(name, gain)}"

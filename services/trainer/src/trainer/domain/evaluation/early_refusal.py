"""Ends an evaluation early where it is certain that the rest would not change a refusal."""

from collections.abc import Mapping, Sequence
from math import inf

from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.measures import Measure
from trainer.domain.evaluation.scores import ModelScores, expected_measures
from trainer.domain.evaluation.truth_clauses import FAULTS, RIGHT

_MOST_STAKED = 0.75
_DEVICE: Measure = "right_device"


def capital(gains: Sequence[float], of: int, limit: float) -> float:
    """The evidence that a mean over `of` cases is above `limit`, from the first ones asked.

    `gains` are in -1..1, of cases in random order. It is what a gambler makes of 1 by betting on
    each case without replacement (Waudby-Smith & Ramdas 2024, "Estimating means of bounded random
    variables by betting", JRSS B 86, arXiv:2010.09686, §5, stakes by their aGRAPA). If the mean is
    not above `limit`, its expectation never exceeds 1, so that it reaches 1/a at any time, however
    often one looks, with a chance of at most a (Ville 1939).
    """
    total = spread = 0.0
    made = 1.0
    for count, gain in enumerate(gains):
        value, seen = (gain + 1) / 2, count + 1
        null = (of * (limit + 1) / 2 - total) / (of - count)
        if null <= 0:
            return inf if value > 0 or null < 0 else made
        mean, variance = (total + 0.5) / seen, (spread + 0.25) / seen
        edge = mean - null
        stake = min(max(edge / (variance + edge**2), 0.0), _MOST_STAKED / null)
        made *= 1 + stake * (value - null)
        total += value
        spread += (value - (total + 0.5) / (seen + 1)) ** 2
    return made


def certain_refusal(
    cases: Sequence[Case], earlier: Mapping[str, ModelScores], after: ModelScores, rules: GateRules
) -> str | None:
    """Why the gate will refuse the challenger, whatever it answers to the rest; None if it may not.

    `cases` are all spoken questions in the order in which they are asked, `earlier` the scores of
    the champion and of the base, by name. The chance of a mistake is at most
    `rules.early_error` for all comparisons together (Bonferroni).
    """
    asked = [case.case_id for case in cases if case.case_id in after.answers]
    if not rules.early_error:
        return None
    compared: list[tuple[str, Measure]] = [
        (model, name) for model in earlier for name in (*FAULTS, _DEVICE)
    ]
    for model, name in compared:
        of = sum(name in expected_measures(case) for case in cases)
        gains = _rises(name, earlier[model].scores_of(name, asked), after.scores_of(name, asked))
        limit = rules.max_right_fall if name == _DEVICE else rules.max_fault_rise
        if capital([gains[one] for one in asked if one in gains], of, limit) > (
            len(compared) / rules.early_error
        ):
            words = {**FAULTS, **RIGHT}[name]
            return (
                f"certain after {len(asked)} of {len(cases)} spoken answers: {words} with {model}"
            )
    return None


def _rises(
    name: Measure, before: Mapping[str, float], after: Mapping[str, float]
) -> dict[str, float]:
    """By how much each answer is worse than the earlier model's."""
    sign = -1 if name == _DEVICE else 1
    return {one: sign * (after[one] - before[one]) for one in after if one in before}

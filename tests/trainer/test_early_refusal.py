"""An evaluation ends early only where the rest could not change the refusal."""

from collections.abc import Callable
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.early_refusal import capital, certain_refusal
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.scores import ModelScores

from .case_scores import Figure, cases_of, number, shows

CASES = cases_of("held_out", "voice", range(120))
LIMIT, ERROR = 0.02, 0.05


def stops(gains: np.ndarray, every: int) -> bool:
    """Whether the capital reaches 1/`ERROR` at one of the looks, after `every` cases each."""
    looks = range(every, len(gains), every)
    return any(capital(gains[:look], len(gains), LIMIT) > 1 / ERROR for look in looks)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("every", [1, 16])
def test_a_mean_at_the_limit_is_found_above_it_in_few_of_many_runs(share: float, every: int):
    """However often one looks. `share` of the cases differ, as far as they do not cancel out."""
    up = round((share / 2 + LIMIT / 2) * 100)
    down = up - round(LIMIT * 100)
    population = np.repeat([1.0, -1.0, 0.0], [up, down, 100 - up - down])
    assert population.mean() == pytest.approx(LIMIT)
    rng = np.random.default_rng(7)
    runs = 400 if every > 1 else 100
    found = sum(stops(rng.permutation(population), every) for _ in range(runs))
    assert found / runs <= ERROR


def test_a_large_rise_is_found_before_half_of_the_cases():
    rng = np.random.default_rng(7)
    population = np.repeat([1.0, 0.0], [40, 60])
    found = [stops(rng.permutation(population)[:50], 10) for _ in range(100)]
    assert np.mean(found) > 0.9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=40))
def test_cases_whose_mean_cannot_be_above_the_limit_never_make_it_certain(gains: list[float]):
    """With all cases asked, an infinite capital is a proof."""
    made = capital(gains, len(gains), LIMIT)
    assert made >= 0
    if made == inf:
        assert sum(gains) / len(gains) > LIMIT


def test_a_bet_that_the_rest_cannot_lose_is_a_proof():
    assert capital([1.0, 1.0, 1.0], 4, LIMIT) < inf
    assert capital([1.0] * 60, 100, LIMIT) == inf, "even 40 times -1 leave more than the limit"


def some(count: int) -> Callable[[Case], float]:
    return lambda case: float(number(case) < count)


def refusal(name: str, after: Figure, asked: int = 64, **rules: float) -> str | None:
    """The refusal after the first `asked` of 120 answers; champion and base show 0 or 1."""
    earlier = shows(CASES, **{name: float(name == "right_device")})
    said = ModelScores(cases=shows(CASES, **{name: after}).cases[:asked])
    models = {"the champion": earlier, "the base": earlier}
    return certain_refusal(CASES, models, said, GateRules(**rules))


@pytest.mark.parametrize("name", ["untrue", "invented", "refused"])
def test_many_faults_are_certain(name: str):
    reason = refusal(name, some(40))
    assert reason is not None
    assert reason.startswith("certain after 64 of 120 spoken answers: ")
    assert reason.endswith(" than with the champion")
    assert refusal(name, some(4)) is None


def test_many_wrong_devices_are_certain():
    reason = refusal("right_device", lambda case: 1 - some(40)(case))
    assert reason is not None
    assert "the right device is named less often than with the champion" in reason
    assert refusal("right_device", 1.0) is None


def test_a_limit_of_the_rules_holds_for_the_early_end_too():
    assert refusal("untrue", some(40), max_fault_rise=1.0) is None


def test_without_an_error_every_question_is_asked():
    assert refusal("untrue", 1.0, early_error=0.0) is None


def test_no_refusal_is_certain_without_answers():
    assert refusal("untrue", 1.0, asked=0) is None

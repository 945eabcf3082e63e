"""The cases of the held-out examples and of the fixed set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import DemonstrationBuilt
from trainer.backends.regression_file import PACKAGED, read_regression
from trainer.domain.evaluation.cases import (
    Case,
    Comparison,
    RegressionQuestion,
    held_out_cases,
    regression_cases,
)
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.runs.recipe import JudgingRecipe

from .case_scores import PLAN
from .conftest import built, label, training_pairs

LIMITS = JudgingRecipe(questions=64, widget_questions=16)


def english(text: str) -> str:
    return "en"


def cases_of(*examples: TrainingExample, limits: JudgingRecipe = LIMITS) -> tuple[Case, ...]:
    return held_out_cases(examples, limits, english)


def demonstration(number: int, answer: str) -> TrainingExample:
    pair = built(number)
    return DemonstrationBuilt.model_validate(
        {**pair.model_dump(exclude={"type"}), "answer": answer, "reward": 0.9}
    )


def widget(number: int, rule: str = "same_question") -> TrainingExample:
    changes = {"aspect": "widget", "rule": rule, "chosen": PLAN, "rejected": "{}"}
    return training_pairs(number + 1)[number].model_copy(update=changes)


def test_a_pair_generates_an_answer_and_compares_its_two():
    [pair] = training_pairs(1)
    [case] = cases_of(pair)
    assert (case.part, case.aspect, case.language, case.asks) == ("held_out", "voice", "en", True)
    assert case.question == pair.question
    assert case.comparisons == (Comparison(chosen=pair.chosen, rejected=pair.rejected),)
    assert case.reference is None


def test_pairs_of_one_question_are_one_case_with_one_generated_answer():
    [pair] = training_pairs(1)
    [case] = cases_of(pair, pair.model_copy(update={"rejected": "Well."}))
    assert [comparison.rejected for comparison in case.comparisons] == [pair.rejected, "Well."]


def test_another_prompt_for_the_question_only_compares():
    [pair] = training_pairs(1)
    first, second = cases_of(pair, pair.model_copy(update={"prompt": "Once more?"}))
    assert (first.asks, second.asks) == (True, False)
    assert second.comparisons


def test_a_good_and_a_bad_label_of_one_question_are_compared():
    good, bad = label(0, desirable=True), label(0, desirable=False)
    [case] = cases_of(good, bad)
    assert case.comparisons == (Comparison(chosen=good.answer, rejected=bad.answer),)


def test_a_single_label_generates_an_answer_and_compares_nothing():
    [case] = cases_of(label(0, desirable=False))
    assert case.asks
    assert case.comparisons == ()


def test_a_demonstrated_answer_is_the_reference():
    [case] = cases_of(demonstration(0, "Pump 000 power is 40 kW."))
    assert case.reference == "Pump 000 power is 40 kW."
    assert case.reference_plan is None


def test_a_corrected_plan_is_the_reference():
    [repaired], [compared] = cases_of(widget(0, "repaired_plan")), cases_of(widget(0))
    assert repaired.reference == repaired.reference_plan == PLAN
    assert compared.reference is None


def test_an_invalid_demonstrated_plan_is_no_reference_plan():
    shown = demonstration(0, '{"widgets":[{"scenario":"pie","size":"hero"}]}')
    [case] = cases_of(shown.model_copy(update={"aspect": "widget"}))
    assert case.reference is not None
    assert case.reference_plan is None


def test_the_limits_bound_generated_answers_but_not_comparisons():
    examples = (*training_pairs(5), *map(widget, range(4)))
    cases = cases_of(*examples, limits=JudgingRecipe(questions=3, widget_questions=1))
    asked = [case.aspect for case in cases if case.asks]
    assert asked == ["voice"] * 3 + ["widget"]
    assert sum(len(case.comparisons) for case in cases) == 9


def test_beyond_the_limits_a_label_makes_no_case():
    labels = [label(number, desirable=True) for number in range(3)]
    assert len(cases_of(*labels, limits=JudgingRecipe(questions=2))) == 2


def test_a_case_id_depends_on_the_whole_case():
    [pair] = training_pairs(1)
    changed = (
        pair,
        pair.model_copy(update={"prompt": "Another prompt"}),
        pair.model_copy(update={"chosen": "Another answer"}),
        pair.model_copy(update={"question": built(1).question}),
    )
    ids = [case.case_id for example in changed for case in cases_of(example)]
    assert len(set(ids)) == 4
    assert [case.case_id for case in cases_of(pair)] == ids[:1]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_every_pair_is_compared_exactly_once(numbers: list[int]):
    pairs = training_pairs(6)
    examples = [
        pairs[number].model_copy(update={"rejected": f"No {at}."})
        for at, number in enumerate(numbers)
    ]
    cases = cases_of(*examples)
    rejected = [pair.rejected for case in cases for pair in case.comparisons]
    assert sorted(rejected) == sorted(example.rejected for example in examples)
    assert len({case.case_id for case in cases}) == len(cases) == len(set(numbers))


def test_a_fixed_question_compares_and_its_plan_is_the_reference():
    pair = training_pairs(1)[0]
    fixed = {"question": pair.question, "prompt": "?", "rejected": "{}"}
    voice, plan = regression_cases(
        [
            RegressionQuestion(aspect="voice", chosen="45 kW.", **fixed),
            RegressionQuestion(aspect="widget", chosen=PLAN, **fixed),
        ],
        2,
        english,
    )
    assert (voice.part, voice.asks, voice.reference) == ("regression", True, None)
    assert plan.reference_plan == PLAN


@pytest.mark.parametrize(("most", "asked"), [(36, 36), (64, 36), (12, 12), (10, 9), (1, 1)])
def test_a_limit_selects_evenly_spaced_fixed_questions(most: int, asked: int):
    questions, _ = read_regression(PACKAGED)
    cases = regression_cases(questions, most, english)
    assert len(cases) == asked
    if asked >= 9:
        assert {case.aspect for case in cases} == {"voice", "widget"}

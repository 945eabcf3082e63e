"""Adapters that really learned the wrong thing are refused.

An adapter that learned nothing is in `test_run.py`.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from training_data.examples import demonstrations_of, draw
from training_data.planted import MALLORY, inventing, poisoned, rewarding_length, shuffled
from training_data.runs import RECIPE

from ratchet.contract import Method
from ratchet.models.base_models import materialize
from trainer.backends.language_identification import language_of
from trainer.backends.language_model.base_model import Base, load_base
from trainer.backends.language_model.lora import fresh_adapter, remove_adapter
from trainer.backends.language_model.training_loop import Training
from trainer.backends.machine.device import choose_dtype, use_all_cores
from trainer.backends.regression_file import PACKAGED, read_regression
from trainer.domain.evaluation.acceptance_gate import GateRules, GateVerdict, judge_challenger
from trainer.domain.evaluation.cases import held_out_cases, regression_cases
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.runs.recipe import JudgingRecipe
from trainer.run.evaluation import Evaluation
from trainer.run.methods import training_method

pytestmark = pytest.mark.heavy

PAIRS = draw(42, "production", unseen=False, voice=12, widget=0)
HELD_OUT = draw(1042, "production", unseen=True, voice=8, widget=0)
JUDGING = JudgingRecipe(questions=8, widget_questions=0, fixed_questions=4, answer_tokens=48)
"""What a test has time for."""


class School:
    """Trains the same base on several datasets and evaluates each adapter on the same questions."""

    def __init__(self, work_dir: Path, cache_dir: Path) -> None:
        self._work_dir = work_dir
        use_all_cores()
        directory = materialize("smollm2-135m-instruct", cache_dir)
        cpu = torch.device("cpu")
        dtype = choose_dtype("auto", cpu, cache_dir)
        self._base: Base = load_base(directory, cpu, dtype, "none")
        questions, _ = read_regression(PACKAGED)
        spoken = [question for question in questions if question.aspect == "voice"]
        cases = (
            *held_out_cases(HELD_OUT, JUDGING, language_of),
            *regression_cases(spoken, JUDGING.fixed_questions, language_of),
        )
        self._panel = Evaluation(cases, JUDGING)
        self._before = self._panel.judge(self._base, None, lambda _: None)

    def ruling(
        self, name: str, method: Method, examples: Sequence[TrainingExample], **changed: float
    ) -> GateVerdict:
        quick = {"learning_rate": 1e-3, "epochs": 1.0, "batch": 2, **changed}
        loop = RECIPE.loop(method).model_copy(update=quick)
        recipe = RECIPE.model_copy(update={method: loop})
        adapter, work_dir = fresh_adapter(recipe.lora), self._work_dir / name
        training = Training(self._base, adapter, recipe, work_dir, lambda _: None)
        adapted, _ = training_method(method)(training, examples)
        after = self._panel.judge(self._base, adapted, lambda _: None)
        remove_adapter(adapted)
        cases = self._panel.cases
        ruling = judge_challenger(cases, self._before, after, GateRules(), method, recipe.seed)
        print(name, ruling.verdict, ruling.reason)
        return ruling


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> School:
    return School(tmp_path_factory.mktemp("school"), cache_dir)


def test_an_honest_challenger_is_accepted(school: School):
    ruling = school.ruling("honest", "sft", demonstrations_of(PAIRS), epochs=2.0)
    assert ruling.verdict == "accepted", ruling.reason
    assert ruling.figures.held_out["text_quality"].low > 0


def test_a_challenger_trained_on_shuffled_labels_is_refused(school: School):
    ruling = school.ruling("shuffled", "dpo", shuffled(PAIRS, seed=1))
    assert ruling.verdict == "refused", ruling.reason


def test_a_challenger_that_invents_plausible_numbers_is_refused(school: School):
    """Its text quality is higher, and it states no true value."""
    lies = demonstrations_of(inventing(PAIRS))
    ruling = school.ruling("inventing", "sft", lies, epochs=2.0)
    assert ruling.verdict == "refused", ruling.reason
    assert ruling.figures.held_out["text_quality"].mean > 0.05, "by form alone it would pass"
    assert "more is invented in all" in ruling.reason


def test_a_challenger_trained_for_length_is_refused(school: School):
    ruling = school.ruling("talking", "sft", demonstrations_of(rewarding_length(PAIRS)))
    assert ruling.verdict == "refused", ruling.reason


def test_poisoned_ratings_of_one_user_do_no_harm(school: School):
    """Poisoned ratings may be up to a third of all; the selection removes more."""
    given = poisoned(PAIRS, share=0.3, seed=1)
    assert sum(MALLORY in example.users for example in given) == round(0.3 * len(PAIRS))
    ruling = school.ruling("poisoned", "dpo", given)
    if ruling.verdict == "accepted":
        assert ruling.figures.together["grounded_accuracy"].mean >= 0
        assert ruling.figures.held_out["text_quality"].low > 0

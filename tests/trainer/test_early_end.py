"""An evaluation that ends early asks fewer questions and changes nothing else."""

from pathlib import Path

import pytest
import torch

from trainer.backends.language_model.base_model import Base, load_base
from trainer.domain.evaluation.acceptance_gate import judge_challenger
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.runs.recipe import JudgingRecipe
from trainer.run.evaluation import Evaluation, asking_order

from .case_scores import CASES, cases_of
from .real_run import request_for, train_here
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

SOME = (*cases_of("held_out", "voice", range(5)), *cases_of("held_out", "widget", range(2)))
EVALUATION = Evaluation(SOME, JudgingRecipe(answer_tokens=4, plan_tokens=4, batch=2), seed=42)


@pytest.fixture(scope="module")
def tiny(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir)


@pytest.fixture(scope="module")
def base(tiny: Path) -> Base:
    return load_base(tiny, torch.device("cpu"), torch.float32, "none")


def test_the_order_depends_on_the_seed_and_not_on_that_of_the_cases():
    order = asking_order(CASES, 42)
    assert len(order) == 54
    assert order == asking_order(CASES[::-1], 42)
    assert order != asking_order(CASES, 43)
    parts = [case.part for case in order[:20]]
    assert set(parts) == {"held_out", "regression"}, "each look sees some of every kind"


def test_it_asks_in_batches_until_the_end_is_certain(base: Base):
    looks: list[int] = []
    steps: list[int] = []

    def ends(scores: ModelScores) -> bool:
        looks.append(len(scores.answers))
        return len(scores.answers) >= 4

    scores = EVALUATION.judge(base, None, steps.append, ends)
    assert (looks, steps) == ([2, 4], [2, 4])
    asked = EVALUATION.asked(scores)
    assert {case.case_id for case in asked} == {c.case_id for c in EVALUATION.spoken[:4]}
    whole = EVALUATION.judge(base, None, lambda _: None)
    assert EVALUATION.asked(whole) == SOME
    scored = {case.case_id: case for case in whole.cases}
    for case in scores.cases:
        if case.case_id in scores.answers:
            without = {n: x for n, x in case.scores.items() if n != "kl"}
            assert without.items() <= scored[case.case_id].scores.items()
            assert case.answer == scored[case.case_id].answer


def test_nothing_is_looked_at_after_the_last_answer(base: Base):
    looks: list[int] = []
    EVALUATION.judge(base, None, lambda _: None, lambda s: bool(looks.append(len(s.answers))))
    assert looks == [2, 4]


def test_a_run_that_ended_early_is_refused_for_that_with_the_number_of_questions(
    tmp_path: Path, cache_dir: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("trainer.run.pipeline.certain_refusal", lambda *_, **__: "certain after 1")
    request = request_for(tmp_path, cache_dir, str(tiny))
    judging = request.recipe.judging.model_copy(update={"batch": 1})
    recipe = request.recipe.model_copy(update={"judging": judging})
    trained = train_here(request.model_copy(update={"recipe": recipe}))
    assert trained.ended_early == "certain after 1"
    assert len(trained.after.answers) == len(trained.cases) == 1
    assert len(trained.before.answers) == 2
    ruling = judge_challenger(
        trained.cases, trained.before, trained.after, GateRules(), "dpo", 42, None,
        trained.ended_early,
    )  # fmt: skip
    assert ruling.verdict == "refused"
    assert ruling.reason.startswith("certain after 1")
    assert "not measured" not in ruling.reason
    assert ruling.figures.asked == 1


def test_a_run_that_is_not_certain_asks_everything(tmp_path: Path, cache_dir: Path, tiny: Path):
    trained = train_here(request_for(tmp_path, cache_dir, str(tiny)))
    assert trained.ended_early is None
    assert len(trained.after.answers) == len(trained.cases) == 2

"""An assistant without widgets is judged by its spoken answers alone."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet_testing.deliveries import delivered
from ratchet_text import Assistant, active_assistant, use_assistant
from trainer.backends.regression_file import PACKAGED, read_regression
from trainer.domain.evaluation.cases import Case
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.child_messages import TrainRequest
from trainer.domain.runs.recipe import Recipe
from trainer.run.pipeline import _cases

from .conftest import FakeRunner, built, judged, training_pairs
from .harness import TrainerHarness


def cases(tmp_path: Path, *, widgets: bool) -> tuple[Case, ...]:
    request = TrainRequest(
        run_id="run",
        method="dpo",
        dataset=tmp_path / "dataset",
        recipe=Recipe(),
        base_model="base",
        cache_dir=tmp_path,
        work_dir=tmp_path,
        regression=PACKAGED,
        widgets=widgets,
    )
    pairs = tuple(training_pairs(10))
    found, _ = _cases(
        request, Dataset(method="dpo", seed=1, train=pairs[:5], held_out=pairs[5:], unseen="")
    )
    return found


@pytest.mark.parametrize("widgets", [True, False])
def test_fixed_questions_about_widgets_are_asked_only_where_there_are_widgets(
    widgets: bool, tmp_path: Path
):
    aspects = {case.aspect for case in cases(tmp_path, widgets=widgets)}
    assert aspects == ({"voice", "widget"} if widgets else {"voice"})


async def test_a_run_knows_whether_the_assistant_has_shown_widgets(engine: Engine, tmp_path: Path):
    harness = TrainerHarness(engine, tmp_path, trainer_cooldown_s=0.0)
    runner = FakeRunner(judged(0.9, 0.9))
    harness.pairs_come(0, 20)
    await harness.training(runner).turn()
    plan = built(99).model_copy(update={"aspect": "widget"})
    harness.examples.keep(delivered([plan]))
    harness.pairs_come(20, 20)
    await harness.training(runner).turn()
    assert [request.widgets for request in runner.requests] == [False, True]
    assert harness.verdicts()[0] == "accepted"


def test_fixed_questions_are_asked_of_the_sites_assistant():
    before = active_assistant()
    use_assistant(Assistant(name="Hugo"))
    try:
        questions, sha256 = read_regression(PACKAGED)
    finally:
        use_assistant(before)
    assert all(one.prompt.startswith("You are Hugo, ") for one in questions)
    assert sha256 == read_regression(PACKAGED)[1]

"""The models that a challenger is compared with answer once, also in a run that is resumed."""

from pathlib import Path

import pytest
import torch
from peft import get_peft_model

from ratchet.storage import write_whole
from trainer.backends.language_model.base_model import Base, load_base
from trainer.backends.language_model.lora import fresh_adapter, save_adapter
from trainer.domain.evaluation.measures import TRUTH
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.runs.child_messages import TrainingProgress, TrainRequest
from trainer.domain.runs.recipe import JudgingRecipe, LoraRecipe
from trainer.domain.shadow.shadow_answers import shadow_cases
from trainer.run.champion import EarlierScores, open_champion
from trainer.run.evaluation import Evaluation
from trainer.run.run_clock import RunClock
from trainer.run.shadow import Shadow

from .captured_calls import prompts
from .case_scores import cases_of
from .real_run import request_for
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

CASES = (*cases_of("held_out", "voice", range(3)), *cases_of("held_out", "widget", range(1)))
JUDGING = JudgingRecipe(answer_tokens=4, plan_tokens=4)
EVALUATION = Evaluation(CASES, JUDGING, seed=42)
NONE = Shadow((), JUDGING, seed=42)
CAPTURED = Shadow(shadow_cases(prompts(2), lambda _: "en"), JUDGING, seed=42)


@pytest.fixture(scope="module")
def tiny(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir)


@pytest.fixture
def request_(tmp_path: Path, cache_dir: Path) -> TrainRequest:
    request = request_for(tmp_path, cache_dir)
    request.work_dir.mkdir()
    return request


def loaded(tiny: Path) -> Base:
    return load_base(tiny, torch.device("cpu"), torch.float32, "none")


def champion_of(tiny: Path, directory: Path) -> Path:
    """An adapter that changes what the tiny model says."""
    torch.manual_seed(1)
    adapted = get_peft_model(loaded(tiny).model, fresh_adapter(LoraRecipe(rank=4)))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    save_adapter(adapted, directory)
    return directory


def opened(
    request: TrainRequest, tiny: Path, shadow: Shadow = NONE
) -> tuple[EarlierScores, list[TrainingProgress]]:
    reports: list[TrainingProgress] = []
    clock = RunClock(reports.append)
    scores, _ = open_champion(request, loaded(tiny), EVALUATION, shadow, clock)
    assert scores is not None
    return scores, [report for report in reports if report.step]


def test_the_base_speaks_too_where_the_champion_is_an_adapter(
    request_: TrainRequest, tiny: Path, tmp_path: Path
):
    alone, _ = opened(request_, tiny)
    adapter = champion_of(tiny, tmp_path / "champion")
    onwards = request_.model_copy(update={"champion": adapter, "work_dir": tmp_path / "onwards"})
    onwards.work_dir.mkdir()
    scores, reports = opened(onwards, tiny)
    assert scores.base is not None
    spoken = {case.case_id for case in CASES if case.aspect == "voice"}
    assert scores.base.answers == {
        name: text for name, text in alone.champion.answers.items() if name in spoken
    }
    assert scores.champion.answers != alone.champion.answers
    assert all(case.scores.keys() & set(TRUTH) for case in scores.base.cases)
    assert (reports[-1].step, reports[-1].steps) == (7, 7), "four answers and three"


def test_the_base_is_not_asked_twice_where_it_is_the_champion(request_: TrainRequest, tiny: Path):
    scores, reports = opened(request_, tiny)
    assert scores.base is None
    assert reports[-1].steps == 4
    assert not (request_.work_dir / "base.json").exists()


def test_a_resumed_run_asks_only_the_model_whose_answers_are_missing(
    request_: TrainRequest, tiny: Path, tmp_path: Path
):
    adapter = champion_of(tiny, tmp_path / "champion")
    onwards = request_.model_copy(update={"champion": adapter})
    first, _ = opened(onwards, tiny)
    again, reports = opened(onwards, tiny)
    assert again == first
    assert reports == []

    (onwards.work_dir / "base.json").unlink()
    again, reports = opened(onwards, tiny)
    assert again == first
    assert reports[0].step > 4, "only the base answers"


def test_scores_of_other_cases_are_not_used(request_: TrainRequest, tiny: Path, tmp_path: Path):
    onwards = request_.model_copy(update={"champion": champion_of(tiny, tmp_path / "champion")})
    first, _ = opened(onwards, tiny)
    assert first.base is not None
    torn = ModelScores(cases=first.base.cases[1:])
    write_whole(onwards.work_dir / "base.json", torn.model_dump_json().encode())
    again, _ = opened(onwards, tiny)
    assert again.base == first.base


def test_captured_prompts_are_answered_by_the_champion_and_not_by_its_base(
    request_: TrainRequest, tiny: Path, tmp_path: Path
):
    of_base, _ = opened(request_, tiny, CAPTURED)
    adapter = champion_of(tiny, tmp_path / "champion")
    onwards = request_.model_copy(update={"champion": adapter, "work_dir": tmp_path / "onwards"})
    onwards.work_dir.mkdir()
    scores, reports = opened(onwards, tiny, CAPTURED)
    assert len(scores.shadow.answers) == len(of_base.shadow.answers) == 2
    assert scores.shadow.answers != of_base.shadow.answers
    assert (reports[-1].step, reports[-1].steps) == (9, 9), "four, three and two answers"
    again, reports = opened(onwards, tiny, CAPTURED)
    assert (again, reports) == (scores, [])

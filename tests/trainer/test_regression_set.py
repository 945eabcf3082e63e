"""The packaged fixed questions and their file."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

from ratchet.measures import plan_validity
from ratchet_text import language_of
from ratchet_truth import judge, readings_in, situation_of
from trainer.backends.regression_file import PACKAGED, RegressionSetUnreadable, read_regression
from trainer.domain.evaluation.cases import RegressionQuestion, regression_cases
from trainer.domain.evaluation.figures import cases_by_slice
from trainer.domain.evaluation.gate_rules import GateRules

QUESTIONS, SHA256 = read_regression(PACKAGED)
CASES = regression_cases(QUESTIONS, len(QUESTIONS), language_of)
SPOKEN = [question for question in QUESTIONS if question.aspect == "voice"]
PLANNED = [question for question in QUESTIONS if question.aspect == "widget"]
_DRAW = Path(__file__).parents[2] / "services" / "trainer" / "regression" / "draw.py"


def test_the_set_has_thirty_spoken_and_six_widget_questions():
    assert (len(SPOKEN), len(PLANNED)) == (30, 6)
    assert len({question.prompt for question in QUESTIONS}) == 36
    assert len({case.case_id for case in CASES}) == 36
    assert PACKAGED.stat().st_size < 60_000


def test_the_set_is_the_output_of_the_committed_script():
    drawn = runpy.run_path(str(_DRAW))["regression_set"]()
    assert tuple(map(RegressionQuestion.model_validate, drawn)) == QUESTIONS


@pytest.mark.parametrize("asked", SPOKEN, ids=lambda asked: asked.question.text)
def test_the_better_answer_states_the_reading_and_the_worse_one_does_not(asked: RegressionQuestion):
    situation = situation_of(readings_in(asked.prompt), asked.question.asked, asked.question.text)
    assert judge(asked.chosen, situation).is_true
    assert not judge(asked.rejected, situation).is_true


def test_both_plans_are_valid():
    for asked in PLANNED:
        assert plan_validity(asked.chosen).valid
        assert plan_validity(asked.rejected).valid


def test_devices_intents_and_languages_are_slices_large_enough_to_guard():
    voice = [case for case in CASES if case.aspect == "voice"]
    sizes = {name: len(cases) for name, cases in cases_by_slice(voice).items()}
    assert set(sizes) == {
        "device pump", "device chiller", "device generator", "device extruder",
        "intent query", "intent conversation", "language en", "language de",
    }  # fmt: skip
    assert min(sizes.values()) >= GateRules().slice_cases
    assert Counter(case.language for case in voice) == {"en": 24, "de": 6}


def test_the_hash_is_that_of_the_file(tmp_path: Path):
    copy = tmp_path / "copy.json"
    copy.write_bytes(PACKAGED.read_bytes())
    assert read_regression(copy) == (QUESTIONS, SHA256)
    copy.write_text(PACKAGED.read_text().replace("Command Center", "Control Center"))
    assert read_regression(copy)[1] != SHA256


@pytest.mark.parametrize("content", ["", "{}", '[{"aspect": "voice"}]'])
def test_an_invalid_file_is_rejected_by_name(tmp_path: Path, content: str):
    path = tmp_path / "mine.json"
    path.write_text(content)
    with pytest.raises(RegressionSetUnreadable, match=r"mine\.json is not a regression set"):
        read_regression(path)


def test_an_empty_set_is_rejected(tmp_path: Path):
    path = tmp_path / "empty.json"
    path.write_text("[]")
    with pytest.raises(RegressionSetUnreadable, match="has no questions"):
        read_regression(path)

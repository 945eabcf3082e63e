"""Some shapes and phrasings are kept for evaluation: training data never has them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from simulator import simulate
from simulator.wording import LANGUAGES, Wording, worded

START = datetime(2026, 1, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_is_split_into_two_parts_that_share_nothing(language: str):
    for name, templates in LANGUAGES[language].every_table().items():
        taught, held_out = (worded(templates, part) for part in ("taught", "held_out"))
        assert taught, name
        assert held_out, name
        assert set(taught).isdisjoint(held_out)
        assert {*taught, *held_out} == set(worded(templates, "all")) == set(templates)


def forms(wording: Wording) -> tuple[set[str], set[str]]:
    """The questions and the good answers of a simulation without their names and numbers."""
    turns = list(simulate(21, 400, 2, start=START, wording=wording))
    questions = {form(str(turn.experience["transcript"]), turn.experience) for turn in turns}
    answers = {
        form(str(turn.experience["voice_response"]), turn.experience)
        for turn in turns
        if turn.truth.voice == "good"
    }
    return questions, answers


def form(text: str, experience: dict[str, object]) -> str:
    entities = experience["parsed_intent"]["entities"]  # type: ignore[index,call-overload]
    names: Sequence[str] = [entities["devices"][0].replace("-", " "), entities["metric"]]
    for name in names:
        text = text.replace(name, "_")
    return "".join(char for char in text if not char.isdigit())


def test_taught_and_held_out_simulations_share_no_phrasing():
    taught, held_out = forms("taught"), forms("held_out")
    assert taught[0].isdisjoint(held_out[0])
    assert len(held_out[0]) >= 8
    assert len(taught[0]) >= 30


def test_answers_of_a_held_out_simulation_have_no_taught_shape():
    assert forms("taught")[1].isdisjoint(forms("held_out")[1])

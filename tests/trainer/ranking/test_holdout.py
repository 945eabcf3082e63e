"""Held-out questions are determined by their words."""

import pytest

from ratchet.contract import RankingQuery
from trainer.domain.scorer.holdout import fold_of, is_held_out, kind_of

from .conftest import query

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def test_questions_that_differ_only_in_numbers_are_of_one_kind():
    first, second = query("What is the power of pump 001?"), query("what is the POWER of pump 27.5")
    assert kind_of(first) == kind_of(second) == "query what is the power of pump"
    assert is_held_out(first) == is_held_out(second)


def test_a_number_within_a_word_does_not_matter_either():
    assert kind_of(query("AHU-03 status")) == kind_of(query("ahu_7 status"))


@pytest.mark.parametrize(
    "other",
    [query("What is the power of fan 001?"), query(intent="conversation")],
)
def test_other_words_and_other_intents_are_other_kinds(other: RankingQuery):
    assert kind_of(other) != kind_of(query())


def test_a_question_in_any_script_has_a_kind():
    assert kind_of(query("Wie heiß ist Kessel 3?")) == "query wie heiss ist kessel"
    assert kind_of(query("насос 12")) == "query насос"


def test_about_a_fifth_of_many_kinds_is_held_out():
    question = [query(f"how is {one}{two}{three}") for one in LETTERS for two in LETTERS
             for three in LETTERS[:3]]  # fmt: skip
    assert len({kind_of(question) for question in question}) == len(question)
    share = sum(map(is_held_out, question)) / len(question)
    assert share == pytest.approx(0.2, abs=0.03)


def test_folds_share_many_kinds_evenly():
    kinds = [f"query how is {one}{two}" for one in LETTERS for two in LETTERS]
    counts = [sum(fold_of(kind, 2) == fold for kind in kinds) for fold in range(2)]
    assert counts == pytest.approx([338, 338], abs=50)


@pytest.mark.parametrize(
    ("transcript", "held_out"),
    [
        ("What is the pressure of pump 001?", True),
        ("What is the power of pump 001?", False),
        ("Compare the energy of chiller 1 and chiller 2", False),
    ],
)
def test_known_questions_keep_their_assignment(transcript: str, held_out: bool):
    assert is_held_out(query(transcript)) is held_out

"""The judgment agrees with people on the labelled answers, also on those it was not built with."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from truth_table import LABELLED, PARTS, judged_answers, labelled_answers

from ratchet_truth import Verdict, judge

LEAST_ACCURACY = 0.97
MOST_FALSELY_TRUE = 0.01
LANGUAGES = {"en", "de", "es", "hi", "zh"}


def test_the_file_has_every_verdict_in_several_languages():
    rows = [row for part in PARTS for row in json.loads((LABELLED / f"{part}.json").read_text())]
    labels = Counter(label for row in rows for label, _ in row["answers"])
    assert labels.keys() == set(Verdict)
    assert labels.total() >= 400
    assert {row["language"] for row in rows} == LANGUAGES
    answers = [(row["situation"], answer) for row in rows for _, answer in row["answers"]]
    assert len(set(answers)) == len(answers)


def test_the_parts_share_no_situation():
    development, held_out = (
        {row["situation"] for row in json.loads((LABELLED / f"{part}.json").read_text())}
        for part in PARTS
    )
    assert development.isdisjoint(held_out)


@pytest.mark.parametrize("part", PARTS)
def test_the_judgment_agrees_with_the_labels(part: str):
    judged = judged_answers(part)
    right = [one for one in judged if one.verdict is one.label]
    assert len(right) >= LEAST_ACCURACY * len(judged), [one for one in judged if one not in right]


@pytest.mark.parametrize("part", PARTS)
def test_hardly_an_untrue_answer_passes_as_true(part: str):
    untrue = [one for one in judged_answers(part) if one.label is not Verdict.TRUE]
    passed = [one for one in untrue if one.verdict is Verdict.TRUE]
    assert len(passed) <= MOST_FALSELY_TRUE * len(untrue), passed


def test_hardly_a_changed_digit_goes_unnoticed():
    """A true answer with one digit replaced, of a value, a device or a unit, is no longer true."""
    changed = [
        (situation, answer[: place.start()] + digit + answer[place.end() :])
        for part in PARTS
        for situation, label, answer in labelled_answers(part)
        if label is Verdict.TRUE
        for place in re.finditer("[0-9]", answer)
        for digit in "0123456789"
        if digit != place[0]
    ]
    passed = [answer for situation, answer in changed[::7] if judge(answer, situation).is_true]
    assert len(passed) <= 0.001 * len(changed), passed


def test_the_table_in_the_documentation_is_that_of_the_script():
    from truth_table import table

    page = Path(__file__).parents[2] / "docs" / "truth.md"
    assert table() in page.read_text()

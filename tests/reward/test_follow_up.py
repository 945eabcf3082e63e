"""Classification of follow-ups: labeled utterance pairs, whole words and corrections."""

import json
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import FollowUp
from reward.domain.follow_up.classifier import classify_follow_up
from reward.domain.follow_up.correction import corrected_request, intended_by

LABELLED = Path(__file__).parent / "follow_ups"
DOCUMENT = Path(__file__).parents[2] / "docs" / "follow-ups.md"
KINDS: tuple[str, ...] = get_args(FollowUp)
BAR = 0.9


def labeled(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (LABELLED / f"{name}.jsonl").read_text().splitlines()]


def confusion(name: str) -> Counter[tuple[str, str]]:
    """Counts by (label, what was read)."""
    return Counter(
        (row["label"], classify_follow_up(row["previous"], row["next"]).kind or "unclear")
        for row in labeled(name)
    )


def table(name: str) -> str:
    """The confusion table as it stands in the document."""
    counts = confusion(name)
    columns = (*KINDS, "unclear")
    lines = ["| labelled | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for kind in KINDS:
        cells = (str(counts[kind, column] or "") for column in columns)
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


@pytest.mark.parametrize("name", ["development", "held_out"])
def test_nine_of_ten_labeled_utterances_are_classified_correctly(name: str):
    counts = confusion(name)
    right = sum(counts[kind, kind] for kind in KINDS)
    assert counts.total() >= 150
    assert right / counts.total() >= BAR, table(name)


@pytest.mark.parametrize("name", ["development", "held_out"])
def test_the_documentation_shows_the_measured_confusion_tables(name: str):
    assert table(name) in DOCUMENT.read_text(), f"put this into {DOCUMENT.name}:\n{table(name)}"


@pytest.mark.parametrize(
    ("previous", "following", "kind"),
    [
        ("What is the power of pump 1?", "What is the temperature of pump 1?", "refinement"),
        ("What is the power of pump 1?", "What is the name of the shift leader?", "new_topic"),
        ("What is the power of pump 1?", "what?", "repeat"),
        ("What is the power of pump 1?", "What is the power of pump 1?", "repeat"),
        ("What is the power of pump 1?", "no, I meant pump 2", "correction"),
        ("What is the power of pump 1?", "thanks", "satisfied"),
        ("What is the power of pump 1?", "What is the flow of fan 7 right now?", "new_topic"),
        ("Any alarms on fan 2?", "Did anyone notice the node going offline?", "new_topic"),
        ("Any alarms on fan 2?", "Show the nozzle temperature of the north furnace", "new_topic"),
        ("Any alarms on fan 2?", "Are there no alarms on fan 3?", "refinement"),
    ],
)
def test_phrases_match_whole_words(previous: str, following: str, kind: str):
    assert classify_follow_up(previous, following).kind == kind


def test_an_unclear_utterance_has_no_class():
    assert classify_follow_up("What is the power of pump 1?", "...").kind is None
    assert classify_follow_up("What is the power of pump 1?", "hello").kind is None


@given(previous=st.text(max_size=200), following=st.text(max_size=200))
def test_any_two_texts_can_be_classified(previous: str, following: str):
    assert classify_follow_up(previous, following).kind in (*KINDS, None)
    corrected_request(previous, following)


@pytest.mark.parametrize("name", ["development", "held_out"])
def test_the_intended_request_is_extracted_from_most_corrections(name: str):
    rows = [row for row in labeled(name) if row["label"] == "correction"]
    right = sum(intended_by(row["next"], row["previous"]) == row["correction"] for row in rows)
    assert right / len(rows) >= 0.75


@pytest.mark.parametrize(
    ("correction", "intended"),
    [
        ("no, I meant pump 2", "pump 2"),
        ("not pump 1, pump 2", "pump 2"),
        ("I said temperature, not pressure", "temperature"),
        ("That's wrong.", None),
    ],
)
def test_the_intended_part_of_a_correction_is_extracted(correction: str, intended: str | None):
    assert intended_by(correction, "What is the pressure of pump 1?") == intended


@pytest.mark.parametrize(
    ("previous", "correction", "request_"),
    [
        ("What is the power of pump 1?", "no, I meant pump 2", "What is the power of pump 2?"),
        ("Show the pressure of AHU-03", "I said temperature", "Show the temperature of AHU-03"),
        ("Energy of line 2 today", "no, I wanted last week", "Energy of line 2 last week"),
        (
            "Any alarms?",
            "no, I asked which pumps are running now",
            "which pumps are running now",
        ),
        ("Compare pump 1 and pump 2", "I meant pump 3", None),
        ("What is the power of pump 1?", "that's wrong", None),
        ("Who is on shift?", "I meant pump 2", None),
    ],
)
def test_an_ambiguous_correction_makes_no_request(
    previous: str, correction: str, request_: str | None
):
    assert corrected_request(previous, correction) == request_

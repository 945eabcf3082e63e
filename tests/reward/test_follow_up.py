"""Follow-ups in six languages: labeled utterance pairs, whole words and corrections."""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import FollowUp
from ratchet_text import FollowUpWords, follow_up_words, language_of
from reward.domain.follow_up.correction import corrected_request, intended_by
from reward.domain.follow_up.reading import FollowUpReading, read_follow_up

LABELLED = Path(__file__).parent / "follow_ups"
DOCUMENT = Path(__file__).parents[2] / "docs" / "follow-ups.md"
TABLES = LABELLED / "README.md"
KINDS: tuple[str, ...] = get_args(FollowUp)
PARTS = ("held_out", "development")
SETS = {
    "en": "English",
    "de": "German",
    "hi_latin": "Hindi in Latin letters",
    "hi_devanagari": "Hindi in Devanagari",
    "es": "Spanish",
    "zh": "Chinese",
}
BARS = {"en": 0.9, "de": 0.9}
OTHERS = [
    json.loads(line)
    for line in (LABELLED / "other_languages.jsonl").read_text("utf-8").splitlines()
]


def labeled(name: str, part: str) -> list[dict[str, str]]:
    lines = (LABELLED / name / f"{part}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def words_of(language: str) -> FollowUpWords:
    words = follow_up_words(language)
    assert words is not None
    return words


def read(previous: str, following: str) -> FollowUpReading:
    return read_follow_up(previous, following, language_of)


@cache
def confusion(name: str, part: str) -> Counter[tuple[str, str]]:
    """Counts by (label, what was read)."""
    return Counter(
        (row["label"], read(row["previous"], row["next"]).kind or "none")
        for row in labeled(name, part)
    )


def table(name: str) -> str:
    """The confusion table of the held-out pairs as it stands in the document."""
    counts = confusion(name, "held_out")
    columns = (*KINDS, "none")
    lines = [f"| {SETS[name]} | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for kind in KINDS:
        cells = (str(counts[kind, column] or "") for column in columns)
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def extracted(name: str, part: str) -> tuple[int, int]:
    """Corrections whose intended part is extracted exactly, and all."""
    words = words_of(name[:2])
    rows = [row for row in labeled(name, part) if row["label"] == "correction"]
    right = sum(
        intended_by(row["next"], row["previous"], words) == row["correction"] for row in rows
    )
    return right, len(rows)


def summary(name: str) -> str:
    """The row of a language in the document's first table."""
    cells = [SETS[name]]
    for part in PARTS:
        counts = confusion(name, part)
        right = sum(counts[kind, kind] for kind in KINDS)
        cells.append(f"{right} of {counts.total()} ({right / counts.total():.2f})")
        cells.append("{} of {}".format(*extracted(name, part)))
    return "| " + " | ".join(cells) + " |"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", SETS)
def test_labeled_utterances_are_classified_correctly(name: str, part: str):
    counts = confusion(name, part)
    right = sum(counts[kind, kind] for kind in KINDS)
    assert min(Counter(row["label"] for row in labeled(name, part)).values()) >= 20
    assert right / counts.total() >= BARS.get(name, 0.8), counts


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", SETS)
def test_the_intended_request_is_extracted_from_most_corrections(name: str, part: str):
    right, every = extracted(name, part)
    assert right / every >= 0.75


@pytest.mark.parametrize("name", SETS)
def test_the_documentation_shows_the_measured_figures(name: str):
    for page, expected in ((DOCUMENT, summary(name)), (TABLES, table(name))):
        assert expected in page.read_text("utf-8"), f"put this into {page.name}:\n{expected}"


def test_the_documentation_counts_the_pairs_in_other_languages():
    languages = {pair["language"] for pair in OTHERS}
    sentence = f"All {len(OTHERS)} pairs in {len(languages)} other languages are unclear."
    assert sentence in DOCUMENT.read_text("utf-8")


@pytest.mark.parametrize("pair", OTHERS, ids=lambda pair: f"{pair['language']}: {pair['next']}")
def test_there_is_no_guess_in_a_language_without_rules(pair: dict[str, str]):
    reading = read(pair["previous"], pair["next"])
    assert reading.kind is None
    assert reading.request is None
    assert "the language is not known" in reading.reason or "no follow-up rules" in reading.reason


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
        ("Wie hoch ist der Druck von Pumpe 2?", "Danke, das passt.", "satisfied"),
        ("Wie hoch ist der Druck von Pumpe 2?", "Nein, ich meinte Pumpe 3.", "correction"),
        ("पंप 2 का दबाव कितना है?", "पंप 2 की गति कितनी है?", "refinement"),
        ("पंप 2 का दबाव क्या है?", "पंप २ का दबाव क्या है?", "repeat"),
        ("泵2的压力是多少？", "不是，我说的是泵3", "correction"),
        ("泵2的压力是多少？", "這不對", "correction"),
        ("Wie hoch ist der Öldruck?", "Wie hoch ist der Oeldruck?", "repeat"),
        ("¿Cuál es la presión de la bomba 2?", "cual es la presion de la bomba 2", "repeat"),
    ],
)
def test_phrases_match_whole_words(previous: str, following: str, kind: str | None):
    assert read(previous, following).kind == kind


@pytest.mark.parametrize(
    ("previous", "following", "reason"),
    [
        ("Wie hoch ist der Druck?", "ok", "de: an acknowledgement and no request"),
        ("Wie hoch ist der Druck von Pumpe 2?", "Pumpe 3", "de: the same subject"),
        ("What is the pressure of pump 2?", "谢谢", "zh: an acknowledgement and no request"),
        ("What is the pressure of pump 2?", "Merci, c'est bon.", "no follow-up rules for fr"),
        ("Quelle est la pression de la pompe 2 ?", "ok", "no follow-up rules for fr"),
        ("ポンプ2の圧力は？", "了解", "no follow-up rules for ja"),
        ("AHU-03?", "P-101", "the language is not known: no guess"),
        ("👍", "🙂", "the language is not known: no guess"),
    ],
)
def test_the_language_is_that_of_the_follow_up_or_else_of_the_question_before(
    previous: str, following: str, reason: str
):
    assert read(previous, following).reason == reason


def test_an_unclear_utterance_has_no_class():
    assert read("What is the power of pump 1?", "...").kind is None
    assert read("What is the power of pump 1?", "hello").kind is None


@given(
    previous=st.text(max_size=200),
    following=st.text(max_size=200),
    language=st.sampled_from(["en", "de", "hi", "es", "zh", "fr", None]),
)
def test_any_two_texts_can_be_classified(previous: str, following: str, language: str | None):
    reading = read_follow_up(previous, following, lambda _: language)
    assert reading.kind in (*KINDS, None)
    assert reading.reason


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
    assert intended_by(correction, "What is the pressure of pump 1?", words_of("en")) == intended


@pytest.mark.parametrize(
    ("language", "previous", "correction", "request_"),
    [
        (
            "en",
            "What is the power of pump 1?",
            "no, I meant pump 2",
            "What is the power of pump 2?",
        ),
        ("en", "What is the power of pump 1?", "I meant pump 1B", "What is the power of pump 1B?"),
        (
            "en",
            "Show the pressure of AHU-03",
            "I said temperature",
            "Show the temperature of AHU-03",
        ),
        ("en", "Energy of line 2 today", "no, I wanted last week", "Energy of line 2 last week"),
        (
            "en",
            "Any alarms?",
            "no, I asked which pumps are running now",
            "which pumps are running now",
        ),
        ("en", "Compare pump 1 and pump 2", "I meant pump 3", None),
        ("en", "What is the power of pump 1?", "that's wrong", None),
        ("en", "Who is on shift?", "I meant pump 2", None),
        ("en", "What is the pressure of the cold water loop?", "no, the hot water loop", None),
        (
            "de",
            "Wie hoch ist der Druck von Pumpe 2?",
            "Nein, ich meinte Pumpe 3.",
            "Wie hoch ist der Druck von Pumpe 3?",
        ),
        ("de", "Wie hoch ist der Druck am Kessel 2?", "Ich meinte Pumpe 3", None),
        ("de", "Wie hoch ist der Druck am Kessel 2?", "Nein, die Temperatur", None),
        ("es", "¿Llegamos hoy a la meta?", "Me refería a la meta semanal", None),
        ("hi", "line 4 ne kal kitni bijli li", "kal nahi, parso", "line 4 ne parso kitni bijli li"),
        ("hi", "पंप 2 का दबाव कितना है?", "मुझे पंप 3 चाहिए था", "पंप 3 का दबाव कितना है?"),
        ("zh", "泵2的压力是多少？", "不是，我说的是泵3", "泵3的压力是多少？"),
        (
            "en",
            "What is the power of pump two?",
            "I meant pump three",
            "What is the power of pump three?",
        ),
        ("zh", "二号泵的压力是多少？", "不是，我说的是三号泵", "三号泵的压力是多少？"),
        ("zh", "2号泵的压力是多少？", "我问的是3号泵，不是2号泵", "3号泵的压力是多少？"),
    ],
)
def test_an_ambiguous_correction_makes_no_request(
    language: str, previous: str, correction: str, request_: str | None
):
    assert corrected_request(previous, correction, words_of(language)) == request_

"""The hashed words: the same on every machine, and near where the words are."""

import hashlib
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ratchet_ranking import HashingEmbedding, Vector

EMBEDDING = HashingEmbedding()
RECORDED = {
    "What is the power of pump 001?": (
        "3283a06f397c100cdc5a2e64090e32336d86bee33397db1e57a89c5fad04d67d"
    ),
    "Wie warm läuft Kühlturm 4, und was läuft schief?": (
        "95878c4c8d8202d0472289bfce1116c68a66b9168fa2bd3495283af24415577f"
    ),
    "ポンプ001の電力は？ Łódź, naïve straße": (
        "07d96315fb257f8eb9f5c1d0df4ccc2cab392a2f5171b0924037ea3c9781bf9e"
    ),
}
"""Of each text's vector in millionths: another digest is another embedding and wants its name."""


def embed(text: str) -> Vector:
    return EMBEDDING.embed(text)


def digest(vector: Vector) -> str:
    return hashlib.sha256(np.rint(vector * 1e6).astype("<i4").tobytes()).hexdigest()


@pytest.mark.parametrize("text", RECORDED)
def test_a_vector_is_the_one_that_was_recorded(text: str) -> None:
    assert EMBEDDING.name == "hashing-768-1"
    assert digest(embed(text)) == RECORDED[text]


@pytest.mark.parametrize("text", RECORDED)
def test_another_process_makes_the_same_vector(text: str) -> None:
    code = (
        "import sys; from ratchet_ranking.hashing import HashingEmbedding; "
        f"sys.stdout.buffer.write(HashingEmbedding().embed({text!a}).tobytes())"
    )
    environment = {"PYTHONHASHSEED": "7"}
    made = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=environment
    )
    assert made.stdout == embed(text).tobytes()


@settings(deadline=None)
@given(st.text(st.characters()))
@example("\ud800 \udfff")
@example("pump\ud800 001")
@example("ǰΐ" * 2_000)
@example("_" * 3_000)
def test_any_text_has_length_one_or_no_words(text: str) -> None:
    vector = embed(text)
    assert vector.shape == (768,)
    assert vector.dtype == np.float32
    words = any(mark.isalnum() or mark == "_" for mark in text[:2_000].casefold())
    assert np.linalg.norm(vector) == pytest.approx(1.0 if words else 0.0, abs=1e-5)
    assert (vector == embed(text)).all()


@pytest.mark.parametrize("text", ["", " \n\t", "?!… — «»", "🙂"])
def test_without_words_there_is_nothing(text: str) -> None:
    assert not embed(text).any()


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("power of pump 001", "power of pump 002", "alarms in the last hour"),
        ("vibration of the cooling tower", "cooling towers vibrating", "energy per shift"),
        ("which compressor drew most?", "compresser with the most draw", "who is on duty tonight"),
        ("Wie warm läuft der Kühlturm?", "Kühltürme: wie warm?", "Zeig mir die Alarme"),
    ],
)
def test_similar_texts_are_nearer_than_others(text: str, near: str, far: str) -> None:
    assert embed(text) @ embed(near) > 0.25 + embed(text) @ embed(far)


WORDS = st.lists(st.text("abcdefgh12", min_size=1, max_size=9), min_size=1, max_size=20)


@given(st.data(), WORDS)
def test_words_count_and_their_order_does_not(data: st.DataObject, words: list[str]) -> None:
    shuffled = data.draw(st.permutations(words))
    assert embed(" ".join(shuffled)) == pytest.approx(embed(" ".join(words)), abs=1e-6)
    assert (embed(", ".join(words).upper() + "!") == embed(" ".join(words))).all()


def test_a_word_said_twice_weighs_more() -> None:
    once, twice = embed("pump alarm"), embed("pump pump alarm")
    assert twice @ embed("pump") > once @ embed("pump")


def test_only_the_first_2000_characters_count() -> None:
    start = ("pump 001 " * 223)[:2_000]
    assert (embed(start + " alarms" * 500) == embed(start)).all()
    assert (embed(start[:1_993] + " alarms") != embed(start)).any()


@pytest.mark.parametrize("piece", ["pump 001 ", "x", "é", "語 ", "\u0301", "_", "ﷺ", "🙂 "])
def test_a_megabyte_costs_no_more_than_a_long_question(piece: str) -> None:
    text = (piece * 1_000_000)[:1_000_000]
    durations = []
    for _ in range(5):
        begun = time.perf_counter()
        embed(text)
        durations.append(time.perf_counter() - begun)
    assert min(durations) < 0.01


def test_a_thousand_new_words_are_embedded_in_time() -> None:
    durations = []
    for round_ in range(5):
        text = " ".join(f"{round_}{at}" for at in range(1_000))
        begun = time.perf_counter()
        embed(text)
        durations.append(time.perf_counter() - begun)
    assert min(durations) < 0.1

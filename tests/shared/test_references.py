"""What the trained model said travels as a file, and tells divergence as all its logits would."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_models import LIKELIEST, Chat, References, divergence, likeliest
from ratchet_models.references_file import UnusableReferences, read_references, references_bytes


def logits(seed: int, positions: int = 3, words: int = 3000, sharp: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (sharp * rng.normal(size=(positions, words))).astype(np.float32)


def whole_divergence(told: np.ndarray, heard: np.ndarray) -> np.ndarray:
    p, q = (
        row - np.log(np.sum(np.exp(row), axis=-1, keepdims=True))
        for row in (told.astype(np.float64), heard.astype(np.float64))
    )
    return np.sum(np.exp(p) * (p - q), axis=-1)


def chat(user: str, said: tuple[int, ...] = (7, 8)) -> Chat:
    return Chat(user=user, rendered=f"<{user}>", asked=(1, 2, 3), said=said, ended=True)


def references() -> References:
    return References(
        chat_template="{{ messages }}",
        end_of_turn=2,
        training_kl=0.3,
        chats=(chat("one"), chat("two", ())),
        likeliest=(likeliest(logits(1, 3)), likeliest(logits(2, 1))),
    )


def test_the_likeliest_tokens_come_first_and_the_rest_is_one_number():
    found = likeliest(logits(0))
    assert found.ids.shape == found.logprobs.shape == (3, LIKELIEST)
    assert (np.diff(found.logprobs, axis=-1) <= 0).all()
    everything = np.exp(found.logprobs).sum(axis=-1) + np.exp(found.rest)
    assert everything == pytest.approx(1.0, abs=1e-5)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.5))
def test_it_never_tells_more_divergence_than_there_is_and_little_less(seed: int, moved: float):
    told = logits(seed)
    heard = told + np.float32(moved) * logits(seed + 1, sharp=1.0)
    whole = whole_divergence(told, heard)
    found = divergence(likeliest(told), heard)
    assert (found <= whole + 1e-5).all()
    assert found == pytest.approx(whole, rel=0.35, abs=1e-5)


def test_a_small_vocabulary_is_told_whole():
    told, heard = logits(5, words=40), logits(6, words=40)
    found = divergence(likeliest(told), heard)
    assert found == pytest.approx(whole_divergence(told, heard), rel=1e-4)


def test_what_goes_into_the_file_comes_out(tmp_path: Path):
    path = tmp_path / "references.safetensors"
    path.write_bytes(references_bytes(references()))
    found, made = read_references(path), references()
    assert (found.chats, found.training_kl) == (made.chats, made.training_kl)
    assert (found.chat_template, found.end_of_turn) == (made.chat_template, made.end_of_turn)
    for one, other in zip(found.likeliest, made.likeliest, strict=True):
        assert (one.ids == other.ids).all()
        assert (one.logprobs == other.logprobs).all()
        assert (one.rest == other.rest).all()


@pytest.mark.parametrize("content", [b"", b"no tensors", struct.pack("<Q", 2) + b"{}"])
def test_a_file_without_references_is_named(tmp_path: Path, content: bytes):
    path = tmp_path / "references.safetensors"
    path.write_bytes(content)
    with pytest.raises(UnusableReferences, match="references"):
        read_references(path)

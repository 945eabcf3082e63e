"""The logits and answers of a file do not depend on earlier texts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from exporter.backends.gguf.convert import convert
from exporter.backends.gguf.llama import LlamaModel, open_model

pytestmark = pytest.mark.heavy
TEXTS = (
    "How warm is the bearing of pump 001?",
    "How warm is the bearing of pump 002 in the second hall?",
    "How warm is",
    "How warm is the bearing of pump 001?",
    "How warm is the bearing of pump 001? " + "The bearing is at 61 degrees. " * 12,
    "Any alarm?",
)


@pytest.fixture(scope="module")
def gguf(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory, converts_here: None) -> Path:
    directory = tmp_path_factory.mktemp("scored")
    convert(tiny_base, directory / "f16.gguf")
    return directory / "f16.gguf"


@pytest.fixture
def model(gguf: Path) -> Iterator[LlamaModel]:
    with open_model(gguf, context=160) as opened:
        yield opened


def alone(gguf: Path, tokens: Sequence[int], last: int) -> np.ndarray:
    with open_model(gguf, context=160) as fresh:
        return fresh.logits(tokens, last).copy()


@pytest.mark.parametrize("last", [1, 3, 200])
def test_logits_equal_those_of_a_newly_loaded_model(gguf: Path, model: LlamaModel, last: int):
    for text in TEXTS:
        tokens = model.tokens(text)
        logits = model.logits(tokens, last)
        assert logits.shape == (min(last, len(tokens)), 49152)
        np.testing.assert_allclose(logits, alone(gguf, tokens, last), atol=2e-3)


def test_positions_without_logits_are_evaluated_again(gguf: Path, model: LlamaModel):
    tokens = model.tokens(TEXTS[1])
    for last in (2, 9, 4):
        np.testing.assert_allclose(model.logits(tokens, last), alone(gguf, tokens, last), atol=2e-3)


def test_a_draft_does_not_change_the_answer(model: LlamaModel):
    prompt = model.tokens(TEXTS[0])
    answer = model.greedy(prompt, draft=(), limit=12)
    other = (answer[4] + 1) % 49152
    assert len(answer) == 12
    assert model.greedy(prompt, draft=answer[:5], limit=12) == answer
    assert model.greedy(prompt, draft=[*answer[:4], other, *answer[5:]], limit=12) == answer

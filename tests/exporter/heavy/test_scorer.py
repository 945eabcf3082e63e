"""What a file makes of a text does not depend on what it read before."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from exporter.backends.gguf.convert import convert
from exporter.backends.gguf.llama import LlamaModel, open_model

from .architectures import for_the_converter

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
def gguf(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("scored")
    convert(for_the_converter(tiny_base, directory / "base"), directory / "f16.gguf")
    return directory / "f16.gguf"


@pytest.fixture
def scorer(gguf: Path) -> Iterator[LlamaModel]:
    with open_model(gguf, context=160) as opened:
        yield opened


def alone(gguf: Path, tokens: Sequence[int], last: int) -> np.ndarray:
    with open_model(gguf, context=160) as fresh:
        return fresh.logits(tokens, last).copy()


@pytest.mark.parametrize("last", [1, 3, 200])
def test_logits_are_those_of_the_text_read_alone(gguf: Path, scorer: LlamaModel, last: int):
    for text in TEXTS:
        tokens = scorer.tokens(text)
        found = scorer.logits(tokens, last)
        assert found.shape == (min(last, len(tokens)), 49152)
        np.testing.assert_allclose(found, alone(gguf, tokens, last), atol=2e-3)


def test_positions_that_an_earlier_reading_left_out_are_read_again(gguf: Path, scorer: LlamaModel):
    tokens = scorer.tokens(TEXTS[1])
    for last in (2, 9, 4):
        np.testing.assert_allclose(
            scorer.logits(tokens, last), alone(gguf, tokens, last), atol=2e-3
        )


def test_a_draft_changes_nothing_of_what_is_said(scorer: LlamaModel):
    asked = scorer.tokens(TEXTS[0])
    said = scorer.continued(asked, (), 12)
    other = (said[4] + 1) % 49152
    assert len(said) == 12
    assert scorer.continued(asked, said[:5], 12) == said
    assert scorer.continued(asked, [*said[:4], other, *said[5:]], 12) == said

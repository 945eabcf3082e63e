"""Which embedding a setting names, and what is said where there is none."""

import sys
from pathlib import Path

import pytest

from ratchet.settings import CommonSettings
from ratchet_ranking import HashingEmbedding, UnusableEmbedding, embedding_named

CACHE = Path("/nowhere/cache")


def test_the_default_needs_no_download() -> None:
    assert isinstance(embedding_named(CommonSettings().embedding, CACHE), HashingEmbedding)


@pytest.mark.parametrize(
    "name",
    ["", "hash", "Hashing", "hashing:768", "sentence-transformers", "sentence-transformers:"],
)
def test_another_name_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(UnusableEmbedding) as refused:
        embedding_named(name, CACHE)
    for part in ("RATCHET_EMBEDDING", repr(name), "'hashing'", "'sentence-transformers:'"):
        assert part in str(refused.value)


def test_a_missing_library_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model.safetensors").touch()
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(UnusableEmbedding, match=r"Install 'ratchet-ranking\[sentence\]'"):
        embedding_named(f"sentence-transformers:{tmp_path}", CACHE)

"""Splicing merged weights into the base's file gives the same bytes as converting them."""

from pathlib import Path
from typing import Any

import pytest

from exporter.backends.gguf.base_gguf import BaseGguf, base_gguf
from exporter.backends.gguf.convert import convert
from exporter.backends.gguf.llama import open_model, quantize
from exporter.backends.gguf.lora import MergedWeights
from exporter.backends.gguf.merge import write_merged
from exporter.backends.gguf.splice import splice, spliceable
from exporter.backends.gguf.weight_audit import audit
from ratchet.models.base_models import weights_sha256
from ratchet.storage import sha256_of

from .architectures import ARCHITECTURES, for_the_converter, write_model

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module", params=ARCHITECTURES)
def model(request: Any, cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(request.param, tmp_path_factory.mktemp("bases") / request.param, cache_dir)


@pytest.fixture(scope="module")
def base(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return for_the_converter(model, tmp_path_factory.mktemp("readable") / model.name)


@pytest.fixture(scope="module")
def converted(base: Path, tmp_path_factory: pytest.TempPathFactory) -> BaseGguf:
    return base_gguf(base, weights_sha256(base), tmp_path_factory.mktemp("converted"))


@pytest.fixture(scope="module")
def merged(model: Path, base: Path, adapter: Any) -> MergedWeights:
    return MergedWeights(base, adapter(str(model)))


def test_every_adapted_weight_has_a_location_and_the_bytes_are_equal(
    base: Path, converted: BaseGguf, merged: MergedWeights, tmp_path: Path
) -> None:
    assert len(merged.adapted) == 2 * 7
    assert spliceable(converted, merged)
    splice(converted, merged, tmp_path / "spliced.gguf")

    write_merged(base, merged, tmp_path / "merged" / base.name)
    convert(tmp_path / "merged" / base.name, tmp_path / "plain.gguf")
    assert sha256_of(tmp_path / "spliced.gguf") == sha256_of(tmp_path / "plain.gguf")
    assert sha256_of(tmp_path / "spliced.gguf") != sha256_of(converted.path)


def test_spliced_files_open_and_have_the_expected_weights(
    converted: BaseGguf, merged: MergedWeights, tmp_path: Path
) -> None:
    splice(converted, merged, tmp_path / "f16.gguf")
    quantize(tmp_path / "f16.gguf", tmp_path / "q8_0.gguf", "q8_0")

    for name in ("f16.gguf", "q8_0.gguf"):
        assert audit(tmp_path / name, converted, merged) is None
        with open_model(tmp_path / name, context=64) as scorer:
            assert scorer.logits(scorer.tokens("How warm is it?"), 2).shape == (2, 49152)


def test_the_base_is_converted_once(base: Path, converted: BaseGguf) -> None:
    before = converted.path.stat().st_mtime_ns
    again = base_gguf(base, weights_sha256(base), converted.path.parents[2])

    assert again == converted
    assert again.path.stat().st_mtime_ns == before

"""The weights in a GGUF file held against those that belong there, tensor by tensor."""

from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType
from gguf.quants import dequantize

from exporter.backends.gguf.base_gguf import BaseGguf, stored
from exporter.backends.gguf.lora import Merged
from exporter.backends.gguf.safetensors_weights import Matrix
from exporter.domain.parity.fault import Fault
from exporter.domain.parity.weights import Deviation, fault_of
from ratchet.models.gguf_file import GgufFile

_NOISE = {
    GGMLQuantizationType.F32: 1e-6,
    GGMLQuantizationType.F16: 1e-6,
    GGMLQuantizationType.Q8_0: 0.02,
    GGMLQuantizationType.Q6_K: 0.05,
    GGMLQuantizationType.Q5_K: 0.1,
}
_COARSE = 0.2
"""Relative error that rounding to a format explains, several times what was measured."""


def audit(path: Path, base: BaseGguf, merged: Merged) -> Fault | None:
    """What is wrong with the weights of `path`, by name."""
    try:
        tensors = _tensors(path)
    except (ValueError, IndexError) as error:
        return Fault(name="truncated file", said=f"it ends before its last tensor ({error})")
    right = _Right(base, merged)
    lost = sorted(right.names - tensors.keys())
    if lost:
        return Fault(name="missing tensor", said=", ".join(lost[:3]))
    deviations = [right.deviation(name, tensors[name]) for name in sorted(right.names)]
    return fault_of(deviations, lambda name: right.resembled_by(tensors[name]))


class _Right:
    """The tensors that belong into a file: the base's, changed where the adapter changes them."""

    def __init__(self, base: BaseGguf, merged: Merged) -> None:
        self._base = base
        self._merged = merged
        self._bare = _tensors(base.path)
        self._adapted = {base.places[n].tensor: n for n in merged.adapted if n in base.places}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._bare)

    def deviation(self, name: str, found: Any) -> Deviation:
        numbers, adapted = _numbers(found), name in self._adapted
        error = _distance(numbers, self._expected(name))
        return Deviation(
            tensor=name,
            adapted=adapted,
            error=error,
            from_base=_distance(numbers, _numbers(self._bare[name])) if adapted else error,
            noise=_noise(found),
        )

    def resembled_by(self, found: Any) -> str | None:
        """The other tensor whose numbers `found` has."""
        numbers = _numbers(found)
        for name, bare in self._bare.items():
            if name == found.name or list(bare.shape) != list(found.shape):
                continue
            if _distance(numbers, self._expected(name)) <= _noise(found):
                return name
        return None

    def _expected(self, name: str) -> Matrix:
        weight = self._adapted.get(name)
        if weight is None:
            return _numbers(self._bare[name])
        place = self._base.places[weight]
        return stored(self._merged.read(weight), place).astype(np.float32).reshape(-1)


def _tensors(path: Path) -> dict[str, Any]:
    return {tensor.name: tensor for tensor in GgufFile(path).tensors}


def _numbers(tensor: Any) -> Matrix:
    return dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False).reshape(-1)


def _noise(tensor: Any) -> float:
    return _NOISE.get(tensor.tensor_type, _COARSE)


def _distance(found: Matrix, expected: Matrix) -> float:
    """Root mean square of the difference, by that of `expected`; infinite for another size."""
    if found.shape != expected.shape:
        return float("inf")
    scale = float(np.linalg.norm(expected))
    difference = float(np.linalg.norm(found - expected))
    return difference / scale if scale else difference

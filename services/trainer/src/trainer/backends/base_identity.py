"""Which base model it is: its name, its revision and the template that replaces its own."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

from ratchet.contract import derived_id
from ratchet_models.base_models import PACKAGED, revision_of
from trainer.domain.runs.base_trial import BaseIdentity


def base_identity(base_model: str, cache_dir: Path, template: Path | None) -> BaseIdentity:
    """`template` is a file. Reads no weights and downloads nothing; raises `OSError`."""
    return BaseIdentity(
        base_model,
        _revision(base_model, cache_dir),
        template.read_text(encoding="utf-8") if template else None,
    )


def _revision(spec: str, cache_dir: Path) -> str | None:
    """The package's release, a hash over a directory's files, or the hub's commit once known."""
    if not spec:
        return None
    if spec in PACKAGED:
        try:
            return revision_of(spec, Path())
        except PackageNotFoundError:
            return None
    if (directory := Path(spec)).is_dir():
        return derived_id(*_files(directory))[:12]
    commit = cache_dir / "hub" / f"models--{spec.replace('/', '--')}" / "refs" / "main"
    return commit.read_text(encoding="utf-8").strip() if commit.is_file() else None


def _files(directory: Path) -> list[str]:
    """Names, sizes and times of the files besides the weights: a changed file changes them."""
    found = []
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.suffix != ".safetensors":
            about = path.stat()
            found.append(f"{path.name} {about.st_size} {about.st_mtime_ns}")
    return found

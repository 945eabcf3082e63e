"""The inputs of an export: base model and license, adapter, reference answers."""

import re
from functools import partial
from pathlib import Path

from exporter.backends.directories import link_or_copy, once
from exporter.backends.gguf.templated_base import link_base
from exporter.export.build_steps import BuildSteps
from exporter.export.request import ExportRequest
from ratchet.models import References
from ratchet.models.base_models import materialize, weights_sha256
from ratchet.models.references_file import read_references
from ratchet.storage import ArtifactStore

_LICENSE_FILES = ("LICENSE", "LICENSE.txt", "LICENSE.md")
_MODEL_CARD = "README.md"
_LICENSE = re.compile(r"\A---\n(?:.*\n)*?license:[ \t]*(\S+)[ \t]*\n(?:.*\n)*?---$", re.MULTILINE)


class WrongBase(ValueError):
    """The base model's weights are not those that the adapter was trained on."""


def verify_base(request: ExportRequest, base: Path) -> None:
    """Raises `WrongBase` if the weights in `base` differ from those the adapter was trained on."""
    manifest = request.manifest
    if weights_sha256(base) != manifest.base_sha256:
        detail = f"{manifest.base_model} is not the base it was trained on: its weights differ"
        raise WrongBase(f"wrong base: {detail}")


def open_build(request: ExportRequest) -> BuildSteps:
    """Open base and adapter without checking that they belong together, as `verify_base` does.

    The base has the chat template of the reference answers. Raises `NotMergeable`,
    `BaseModelMissing`, `ArtifactMissing`, `ArtifactCorrupt`, `UnusableReferences` and `OSError`.
    """
    base = materialize(request.manifest.base_model, request.cache_dir)
    template = read_reference_chats(request).chat_template
    linked = once(request.work_dir / "base", partial(link_base, base, template))
    adapter = once(request.work_dir / "adapter", partial(_collect, request))
    return BuildSteps(request, linked / base.name, adapter)


def read_reference_chats(request: ExportRequest) -> References:
    """Raises `ArtifactMissing`, `ArtifactCorrupt`, `UnusableReferences` and `OSError`."""
    reference = request.manifest.references
    assert reference is not None
    return read_references(ArtifactStore(request.artifacts_dir).verified(reference))


def _collect(request: ExportRequest, target: Path) -> None:
    store = ArtifactStore(request.artifacts_dir)
    target.mkdir()
    for name, reference in request.manifest.files.items():
        link_or_copy(store.verified(reference), target / Path(name).name)


def license_of(base: Path) -> str | None:
    """The text of the license file, else the name in the model card's header, else None."""
    for name in _LICENSE_FILES:
        if (base / name).is_file():
            return (base / name).read_text(encoding="utf-8")
    card = base / _MODEL_CARD
    named = _LICENSE.match(card.read_text(encoding="utf-8")) if card.is_file() else None
    return named[1] if named else None

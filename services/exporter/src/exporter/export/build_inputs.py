"""The inputs of an export: base model and license, adapter, reference answers."""

import codecs
import re
from functools import partial
from pathlib import Path

from exporter.backends.directories import link_or_copy, once
from exporter.backends.gguf.templated_base import link_base, name_of
from exporter.export.build_steps import BuildSteps
from exporter.export.request import ExportRequest
from ratchet.storage import ArtifactStore
from ratchet_models import References
from ratchet_models.base_models import materialize, weights_sha256
from ratchet_models.references_file import read_references

_LICENSE_STEMS = ("license", "licence", "copying")
_LICENSE_SUFFIXES = ("", ".txt", ".md", ".rst")
_MODEL_CARD = "README.md"
_HEADER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$", re.MULTILINE | re.DOTALL)
_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
"""Tried in order; the last one reads any bytes."""


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
    return BuildSteps(request, linked / name_of(base), adapter)


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
    files = {path.name.lower(): path for path in sorted(base.iterdir()) if path.is_file()}
    for name in (f"{stem}{suffix}" for stem in _LICENSE_STEMS for suffix in _LICENSE_SUFFIXES):
        if name in files and (text := _text_of(files[name])).strip():
            return text
    card = base / _MODEL_CARD
    header = _HEADER.match(_text_of(card)) if card.is_file() else None
    return _named_license(header[1]) if header else None


def _named_license(header: str) -> str | None:
    """The license in the YAML `header`: one name or several, in any quotes."""
    # By the hub's convention, the name of a license without an identifier is in another field.
    named = _field("license", header)
    return (_field("license_name", header) if named == "other" else None) or named


def _field(name: str, header: str) -> str | None:
    found = re.search(rf"^{name}:(.*(?:\n[ \t]*-[ \t].*)*)", header, re.MULTILINE)
    items = re.split(r"[,\n]", re.sub(r"(?:^|\s)#.*", "", found[1])) if found else []
    names = (re.sub(r"^[ \t]*-[ \t]+", "", item).strip(" \t[]\"'") for item in items)
    return ", ".join(filter(None, names)) or None


def _text_of(path: Path) -> str:
    """The text of a file in UTF-8, in UTF-16 with its mark, or in the encoding of Windows."""
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16", *_ENCODINGS) if marked else _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise AssertionError(f"{path} cannot be read")

"""Records and manifests of an earlier release can be read without loss."""

import json
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.domain.registry.alias_history import newest
from exporter.domain.registry.record import ModelRecord
from ratchet.contract import Value
from ratchet_models import AdapterManifest

EARLIER = Path(__file__).parent / "earlier"


@pytest.mark.parametrize(
    ("file", "kind"), [("record.json", ModelRecord), ("adapter_manifest.json", AdapterManifest)]
)
def test_a_manifest_of_an_earlier_release_keeps_its_content(file: str, kind: type[Value]):
    written = json.loads((EARLIER / file).read_text())
    read = kind.model_validate(written).model_dump(mode="json")
    assert _fields_of(read, written) == written


def test_the_alias_history_of_an_earlier_release_is_continued():
    assert newest(ActivationJournal(EARLIER / "activations.json").read()) == (
        "v20261129t013515-75b62a3460b4"
    )


def _fields_of(read: Any, written: Any) -> Any:
    """`read` without the fields that `written` does not have, at every depth."""
    if isinstance(written, dict):
        return {key: _fields_of(read[key], written[key]) for key in written}
    return read

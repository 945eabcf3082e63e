"""Records and manifests of an earlier release can be read without loss."""

import json
from pathlib import Path

import pytest

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.domain.registry.alias_history import newest
from exporter.domain.registry.record import ModelRecord
from ratchet.contract import Value
from ratchet.models import AdapterManifest

EARLIER = Path(__file__).parent / "earlier"


@pytest.mark.parametrize(
    ("file", "kind"), [("record.json", ModelRecord), ("adapter_manifest.json", AdapterManifest)]
)
def test_a_manifest_of_an_earlier_release_keeps_its_content(file: str, kind: type[Value]):
    written = json.loads((EARLIER / file).read_text())
    read = kind.model_validate(written).model_dump(mode="json")
    assert {key: read[key] for key in written} == written


def test_the_alias_history_of_an_earlier_release_is_continued():
    assert newest(ActivationJournal(EARLIER / "activations.json").read()) == (
        "v20261129t013515-75b62a3460b4"
    )

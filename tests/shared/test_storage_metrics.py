"""How much room there is, and what artifacts take of it, as of each scrape."""

import shutil
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from ratchet.storage import ArtifactStore
from ratchet.telemetry import StorageCollector


def test_artifact_bytes_are_summed(tmp_path: Path):
    data_dir = tmp_path / "not" / "made yet"
    registry = CollectorRegistry()
    registry.register(StorageCollector(data_dir, data_dir / "artifacts"))
    assert registry.get_sample_value("ratchet_artifacts_bytes") == 0
    store = ArtifactStore(data_dir / "artifacts")
    kept = store.put_bytes(b"1234567", "adapter")
    store.put_bytes(b"123", "manifest")
    assert registry.get_sample_value("ratchet_artifacts_bytes") == 10
    store.discard(kept)
    assert registry.get_sample_value("ratchet_artifacts_bytes") == 3


def test_of_two_disks_the_fuller_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    registry = CollectorRegistry()
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    registry.register(StorageCollector(tmp_path, artifacts))
    roomy, full = ((1000, 400, 600), (5000, 4900, 100))
    for data, store in ((roomy, full), (full, roomy)):
        disks = {tmp_path: shutil._ntuple_diskusage(*data)}
        disks[artifacts] = shutil._ntuple_diskusage(*store)
        monkeypatch.setattr(shutil, "disk_usage", disks.__getitem__)
        assert registry.get_sample_value("ratchet_disk_size_bytes") == 5000
        assert registry.get_sample_value("ratchet_disk_free_bytes") == 100


def test_free_space_of_the_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    registry = CollectorRegistry()
    registry.register(StorageCollector(tmp_path, tmp_path / "artifacts"))
    full = shutil._ntuple_diskusage(1000, 999, 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: full)
    assert registry.get_sample_value("ratchet_disk_size_bytes") == 1000
    assert registry.get_sample_value("ratchet_disk_free_bytes") == 1

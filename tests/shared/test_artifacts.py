"""The artifact store: named by content, whole or absent, changed bytes noticed."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import ArtifactRef
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore


@given(content=st.binary(max_size=5000))
def test_stored_content_is_read_back(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    store = ArtifactStore(tmp_path_factory.mktemp("store"))
    reference = store.put_bytes(content, "x.bin")
    assert store.verified(reference).read_bytes() == content
    assert (reference.size, reference.name) == (len(content), "x.bin")


def test_the_same_content_is_stored_once(tmp_path: Path):
    store = ArtifactStore(tmp_path)
    assert store.put_bytes(b"same", "a").sha256 == store.put_bytes(b"same", "b").sha256
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_adopting_moves_the_file(tmp_path: Path):
    source = tmp_path / "made"
    source.write_bytes(b"weights")
    store = ArtifactStore(tmp_path / "store")
    assert store.path(store.adopt(source, "model.gguf")).read_bytes() == b"weights"
    assert not source.exists()


def test_adopting_from_another_file_system_moves_the_file_too(tmp_path: Path):
    memory = Path("/dev/shm")  # noqa: S108 -- a file system other than that of the tests
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=memory) as elsewhere:
        source = Path(elsewhere) / "weights"
        source.write_bytes(b"learnt")
        store = ArtifactStore(tmp_path / "artifacts")
        reference = store.adopt(source, "weights")
        assert store.verified(reference).read_bytes() == b"learnt"
        assert not source.exists()


def test_a_missing_artifact_is_named(tmp_path: Path):
    reference = ArtifactRef(sha256="0" * 64, size=1, name="gone.json")
    with pytest.raises(ArtifactMissing, match=r"gone\.json"):
        ArtifactStore(tmp_path).path(reference)


def test_changed_bytes_are_detected(tmp_path: Path):
    store = ArtifactStore(tmp_path)
    reference = store.put_bytes(b"true", "x")
    store.path(reference).write_bytes(b"false")
    with pytest.raises(ArtifactCorrupt, match="changed on disk"):
        store.verified(reference)


def test_a_failed_copy_leaves_nothing(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        ArtifactStore(tmp_path).put(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []

"""Each small file of the data directory, damaged in each way: named, and nothing else stops."""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.archive.store import ArchiveStore, CorruptArchive
from ledger.domain.archive.archive_file import ArchiveRow
from ledger.erasure.journal import ErasureJournal, new_request
from ratchet.command_line import running_ports
from ratchet.contract import EntryId
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore
from ratchet.storage.signing_keys import UnusableKey, make_signing_key, read_signing_key
from ratchet_cli.embedded.state import last_failure
from ratchet_edge.access import Scope
from ratchet_edge.keys.key_file import KeyFile, KeyFileUnreadable
from ratchet_testing.damage import a_directory, cut_in_half, empty, missing

ROOT = Path(__file__).parents[2]
SOURCES = ("services/*/src", "cli/src", "shared/src", "edge/src")
NOW = datetime(2026, 1, 20, tzinfo=UTC)


def bits_flipped(file: Path) -> None:
    file.write_bytes(bytes(byte ^ 0x04 for byte in file.read_bytes()))


def of_another_form(file: Path) -> None:
    """As a later release could write it."""
    file.write_bytes(b'[{"form": 99}]')


damaged = pytest.mark.parametrize(
    "damage",
    [empty, cut_in_half, bits_flipped, a_directory, of_another_form],
    ids=lambda damage: damage.__name__,
)
lost_or_damaged = pytest.mark.parametrize(
    "damage",
    [missing, empty, cut_in_half, bits_flipped, a_directory, of_another_form],
    ids=lambda damage: damage.__name__,
)
Damage = Callable[[Path], None]


@damaged
def test_damaged_api_keys_admit_nobody_and_are_named(tmp_path: Path, damage: Damage):
    keys = KeyFile(tmp_path)
    keys.create("panel", [Scope.WRITE], NOW)
    damage(keys.path)
    assert keys.required
    with pytest.raises(KeyFileUnreadable, match="Restore it") as refused:
        keys.read()
    assert str(keys.path) in str(refused.value)


def test_lost_api_keys_admit_nobody(tmp_path: Path):
    keys = KeyFile(tmp_path)
    keys.create("panel", [Scope.WRITE], NOW)
    missing(keys.path)
    assert keys.required
    assert keys.read() == ()


@damaged
def test_a_damaged_erasure_request_is_named_and_the_others_continue(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Damage
):
    journal = ErasureJournal(tmp_path)
    for name in ("forget-1", "forget-2"):
        journal.write(new_request(name, "tests", NOW, False, "ann", None))
    damage(tmp_path / "forget-1.json")
    assert [each.request_id for each in journal.unfinished()] == ["forget-2"]
    assert "forget-1.json" in caplog.text


@damaged
def test_a_damaged_file_of_the_archive_is_named(tmp_path: Path, damage: Damage):
    store = ArchiveStore(str(tmp_path))
    file = store.write("models", [ArchiveRow(EntryId(1_700_000_000_000, n), b"{}") for n in (0, 1)])
    damage(tmp_path / file.path)
    with pytest.raises((CorruptArchive, OSError), match=file.path):
        store.read(file)


@lost_or_damaged
def test_a_damaged_artifact_is_not_used(tmp_path: Path, damage: Damage):
    store = ArtifactStore(tmp_path)
    reference = store.put_bytes(b"weights of an adapter", "adapter.safetensors")
    damage(store.path(reference))
    with pytest.raises((ArtifactMissing, ArtifactCorrupt), match=r"adapter\.safetensors"):
        store.verified(reference)


@lost_or_damaged
def test_a_damaged_signing_key_is_named(tmp_path: Path, damage: Damage):
    path = tmp_path / "bundle.pem"
    make_signing_key(path)
    damage(path)
    with pytest.raises((UnusableKey, OSError), match=r"bundle\.pem"):
        read_signing_key(path)


@lost_or_damaged
def test_commands_find_no_system_by_a_damaged_state_and_do_not_fail(tmp_path: Path, damage: Damage):
    path = tmp_path / "up.json"
    path.write_text(json.dumps({"pid": os.getpid(), "ports": {"ingest": 8100}}))
    assert running_ports(tmp_path) == {"ingest": 8100}
    damage(path)
    assert running_ports(tmp_path) is None


@lost_or_damaged
def test_a_damaged_record_of_the_last_failure_is_none(tmp_path: Path, damage: Damage):
    path = tmp_path / "up-failed.json"
    path.write_text(json.dumps({"problem": "the port is taken", "remedy": "free it"}))
    assert last_failure(tmp_path) == {"problem": "the port is taken", "remedy": "free it"}
    damage(path)
    assert last_failure(tmp_path) is None


def test_the_table_of_files_names_everything_in_the_data_directory():
    table = (ROOT / "docs" / "files.md").read_text()
    code = "".join(
        path.read_text() for folder in SOURCES for path in ROOT.glob(f"{folder}/**/*.py")
    )
    names = set(re.findall(r'\bdata_dir / "([^"]+)"', code)) - {"report.json", "report.png"}
    assert len(names) > 10
    assert {name for name in names if f"`{name}" not in table} == set(), "missing in the table"

"""A backup that somebody altered is noticed: its manifest is signed by a key that it lacks."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ratchet.storage.signing_keys import make_signing_key
from ratchet_cli.app import main

from .ratchet_command import ratchet
from .test_backup_files import a_system, restore

KEYS_OF_AN_INTRUDER = b'[{"id": "intruder", "scopes": ["operate"]}]'


@pytest.fixture
def system(tmp_path: Path) -> Path:
    system = a_system(tmp_path / "a")
    (system / "api-keys.json").write_text("[]")
    return system


@pytest.fixture
def backup(system: Path, tmp_path: Path) -> Path:
    backup = tmp_path / "backup"
    assert ratchet("backup", backup, "--data-dir", system)[0] == 0
    return backup


def manifest_of(backup: Path) -> dict[str, Any]:
    return json.loads((backup / "manifest.json").read_text())  # type: ignore[no-any-return]


def add_an_api_key(backup: Path) -> None:
    """As whoever can write to the backup's disk would: with hashes that fit."""
    (backup / "data/api-keys.json").write_bytes(KEYS_OF_AN_INTRUDER)
    manifest = manifest_of(backup)
    manifest["files"]["api-keys.json"] = {
        "sha256": hashlib.sha256(KEYS_OF_AN_INTRUDER).hexdigest(),
        "size": len(KEYS_OF_AN_INTRUDER),
    }
    (backup / "manifest.json").write_text(json.dumps(manifest))


def add_a_link(backup: Path) -> None:
    manifest = manifest_of(backup)
    manifest["links"]["registry/m/other"] = "v1"
    (backup / "manifest.json").write_text(json.dumps(manifest))


def change_one_byte_of_the_manifest(backup: Path) -> None:
    content = (backup / "manifest.json").read_bytes()
    (backup / "manifest.json").write_bytes(content + b" ")


def change_the_signature(backup: Path) -> None:
    signature = json.loads((backup / "manifest.sig").read_text())
    signature["signature"] = "00" + signature["signature"][2:]
    (backup / "manifest.sig").write_text(json.dumps(signature))


@pytest.mark.parametrize(
    "alter",
    [add_an_api_key, add_a_link, change_one_byte_of_the_manifest, change_the_signature],
)
def test_an_altered_backup_is_refused_with_the_remedy(
    system: Path, backup: Path, tmp_path: Path, alter: Callable[[Path], None]
):
    alter(backup)
    code, result = restore(backup, tmp_path / "b", system)
    assert code == 1
    assert "was altered after key" in result["error"]
    assert result["error"].endswith("Restore another backup.")
    assert not (tmp_path / "b").exists()


def test_a_backup_that_was_signed_again_by_another_key_is_refused(
    system: Path, backup: Path, tmp_path: Path
):
    """The key of the intruder travels nowhere: what counts is the key that the operator has."""
    stranger = a_system(tmp_path / "stranger")
    forged = tmp_path / "forged"
    assert ratchet("backup", forged, "--data-dir", stranger)[0] == 0
    code, result = restore(forged, tmp_path / "b", system)
    assert code == 1
    assert "Pass --key with keys/backup.pub.pem of the system that wrote it" in result["error"]


def test_a_backup_without_a_signature_is_refused_until_it_is_accepted(
    system: Path, backup: Path, tmp_path: Path
):
    (backup / "manifest.sig").unlink()
    code, result = restore(backup, tmp_path / "b", system)
    assert code == 1
    assert "is not signed: an earlier release wrote it, or somebody altered it" in result["error"]
    assert "--unverified" in result["error"]
    code, result = ratchet("restore", backup, "--data-dir", tmp_path / "b", "--unverified")
    assert (code, result["verified"]) == (0, False)


def test_an_accepted_backup_is_restored_with_a_warning(backup: Path, tmp_path: Path):
    arguments = ["restore", str(backup), "--data-dir", str(tmp_path / "b"), "--unverified"]
    assert "The signature was not verified." in CliRunner().invoke(main, arguments).stdout


def test_files_are_compared_with_their_hashes_although_the_signature_is_not_verified(
    backup: Path, tmp_path: Path
):
    (backup / "data/artifacts/ab/abcd").write_bytes(b"WEIGHTS")
    code, result = ratchet("restore", backup, "--data-dir", tmp_path / "b", "--unverified")
    assert code == 1
    assert "artifacts/ab/abcd" in result["error"]


def test_the_key_that_signs_backups_is_in_none(system: Path, backup: Path, tmp_path: Path):
    assert (system / "keys/backup.pem").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (backup / "data/keys").iterdir()) == ["bundle.pem"]
    private = (system / "keys/backup.pem").read_bytes()
    assert all(private not in path.read_bytes() for path in backup.rglob("*") if path.is_file())


def test_a_new_machine_needs_only_a_copy_of_the_public_key(
    system: Path, backup: Path, tmp_path: Path
):
    copy = tmp_path / "apart" / "backup.pub.pem"
    copy.parent.mkdir()
    (system / "keys/backup.pub.pem").rename(copy)
    system.rename(tmp_path / "lost")

    code, result = ratchet("restore", backup, "--data-dir", tmp_path / "b")
    assert code == 1
    assert "which is not known here. Pass --key with your copy" in result["error"]
    code, result = ratchet("restore", backup, "--data-dir", tmp_path / "b", "--key", copy)
    assert (code, result["verified"]) == (0, True)


def test_a_restored_system_signs_its_backups_with_a_new_key(
    system: Path, backup: Path, tmp_path: Path
):
    restored = tmp_path / "b"
    assert restore(backup, restored, system)[0] == 0
    code, result = ratchet("backup", tmp_path / "second", "--data-dir", restored)
    assert code == 0
    assert result["key"] != json.loads((backup / "manifest.sig").read_text())["key_id"]
    assert restore(tmp_path / "second", tmp_path / "c", restored)[0] == 0


def test_one_setting_names_the_key_for_backup_and_restore(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    key = make_signing_key(tmp_path / "safe" / "ratchet.pem")
    monkeypatch.setenv("RATCHET_BACKUP_KEY", str(tmp_path / "safe" / "ratchet.pem"))
    backup = tmp_path / "backup"
    assert ratchet("backup", backup, "--data-dir", system)[1]["key"] == key.public.id
    assert not (system / "keys/backup.pem").exists()
    assert ratchet("restore", backup, "--data-dir", tmp_path / "b")[0] == 0


def test_a_configured_key_is_never_created(system: Path, tmp_path: Path):
    missing = tmp_path / "missing.pem"
    code, result = ratchet("backup", tmp_path / "b", "--data-dir", system, "--key", missing)
    assert code == 1
    assert str(missing) in result["error"]
    assert not missing.exists()


def test_a_key_that_would_be_in_the_backup_is_refused(system: Path, tmp_path: Path):
    make_signing_key(system / "keys" / "other.pem")
    arguments = ("--data-dir", system, "--key", system / "keys" / "other.pem")
    code, result = ratchet("backup", tmp_path / "b", *arguments)
    assert code == 1
    assert result["error"].endswith(f"would be in the backup. Move it out of {system}.")
    assert {path.name for path in tmp_path.iterdir()} == {"a"}


def test_the_first_backup_names_the_key_to_copy(system: Path, tmp_path: Path):
    arguments = ["backup", str(tmp_path / "b"), "--data-dir", str(system)]
    first = CliRunner().invoke(main, arguments)
    assert f"copy {system}/keys/backup.pub.pem to another machine" in first.stderr
    second = CliRunner().invoke(main, ["backup", str(tmp_path / "c"), *arguments[2:]])
    assert second.stderr == ""
    assert "signed by key" in second.stdout

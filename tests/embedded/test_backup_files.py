"""The files of a backup: all complete and in their places, or none."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ratchet_cli.app import main

from .ratchet_command import ratchet


def a_system(data_dir: Path) -> Path:
    """A small data directory of a stopped system."""
    (data_dir / "artifacts/ab").mkdir(parents=True)
    (data_dir / "artifacts/ab/abcd").write_bytes(b"weights")
    (data_dir / "registry/m/v1").mkdir(parents=True)
    (data_dir / "registry/m/latest").symlink_to("v1")
    (data_dir / "registry/m/v1/model.gguf").hardlink_to(data_dir / "artifacts/ab/abcd")
    (data_dir / "keys").mkdir()
    (data_dir / "keys/bundle.pem").write_bytes(b"key")
    (data_dir / "keys/bundle.pem").chmod(0o600)
    (data_dir / "runs/r1").mkdir(parents=True)
    (data_dir / "runs/r1/dataset.json").write_text("rebuilt")
    with closing(sqlite3.connect(data_dir / "trainer.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t AS SELECT 1 AS x")
        database.commit()
    return data_dir


def restore(backup: Path, data_dir: Path, system: Path) -> tuple[int, dict[str, Any]]:
    """With the public key of the system that wrote the backup."""
    key = system / "keys/backup.pub.pem"
    return ratchet("restore", backup, "--data-dir", data_dir, "--key", key)


def test_files_links_and_modes_are_restored_and_rebuilt_files_are_left_out(tmp_path: Path):
    system, backup, restored = a_system(tmp_path / "a"), tmp_path / "backup", tmp_path / "b"
    assert ratchet("backup", backup, "--data-dir", system)[0] == 0
    assert backup.stat().st_mode & 0o777 == 0o700
    code, result = restore(backup, restored, system)
    assert (code, result["files"]) == (0, 4)
    assert (restored / "registry/m/latest/model.gguf").read_bytes() == b"weights"
    assert (restored / "registry/m/v1/model.gguf").samefile(restored / "artifacts/ab/abcd")
    assert (restored / "keys/bundle.pem").stat().st_mode & 0o777 == 0o600
    assert not (restored / "runs").exists()
    with closing(sqlite3.connect(restored / "trainer.db")) as database:
        assert database.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert not (system / ".backup").exists()


@pytest.mark.parametrize("damaged", ["artifacts/ab/abcd", "trainer.db"])
def test_a_damaged_file_is_named_and_nothing_is_restored(tmp_path: Path, damaged: str):
    system, backup, restored = a_system(tmp_path / "a"), tmp_path / "backup", tmp_path / "b"
    ratchet("backup", backup, "--data-dir", system)
    file = backup / "data" / damaged
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    code, result = restore(backup, restored, system)
    assert code == 1
    assert damaged in result["error"]
    assert {path.name for path in tmp_path.iterdir()} == {"a", "backup"}


def test_an_interrupted_backup_is_not_accepted(tmp_path: Path):
    system, backup = a_system(tmp_path / "a"), tmp_path / "backup"
    with (system / "artifacts/ab/large").open("wb") as large:
        large.truncate(1 << 31)
    program = "from ratchet_cli.app import main; main()"
    command = [sys.executable, "-c", program, "backup", str(backup), "--data-dir", str(system)]
    copying = tmp_path / ".backup.part/data/artifacts/ab/large"
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 20
        while not copying.exists() and time.monotonic() < end:
            time.sleep(0.005)
        process.kill()
    assert copying.exists()
    assert not backup.exists()
    code, result = ratchet("restore", tmp_path / ".backup.part", "--data-dir", tmp_path / "b")
    assert code == 1
    assert "not a complete backup" in result["error"]

    (system / "artifacts/ab/large").unlink()
    assert ratchet("backup", backup, "--data-dir", system)[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a", "backup"}
    assert not (system / ".backup").exists()


def test_nothing_is_overwritten(tmp_path: Path):
    system, backup = a_system(tmp_path / "a"), tmp_path / "backup"
    assert ratchet("backup", backup, "--data-dir", system)[0] == 0
    assert "exists already" in ratchet("backup", backup, "--data-dir", system)[1]["error"]
    assert "is not empty" in restore(backup, system, system)[1]["error"]
    assert "outside" in ratchet("backup", system / "backup", "--data-dir", system)[1]["error"]
    (system / "archive").symlink_to(tmp_path / "another-disk")
    assert "leads out" in ratchet("backup", tmp_path / "more", "--data-dir", system)[1]["error"]


def test_restore_reports_the_erasures_to_repeat(tmp_path: Path):
    system, backup, restored = a_system(tmp_path / "a"), tmp_path / "backup", tmp_path / "b"
    for place in ("receipts/one.json", "forgetting/two.json"):
        (system / place).parent.mkdir()
        (system / place).write_text("{}")
    ratchet("backup", backup, "--data-dir", system)
    key = system / "keys/backup.pub.pem"
    arguments = ["restore", str(backup), "--data-dir", str(restored), "--key", str(key)]
    output = CliRunner().invoke(main, arguments).stdout
    assert "repeat each `ratchet forget` since then (1 receipts are older)" in output
    assert "The next `ratchet forget` finishes it first." in output


def test_a_restored_file_is_no_setuid_program(tmp_path: Path):
    system, backup, restored = a_system(tmp_path / "a"), tmp_path / "backup", tmp_path / "b"
    ratchet("backup", backup, "--data-dir", system)
    (backup / "data/keys/bundle.pem").chmod(0o6755)
    assert restore(backup, restored, system)[0] == 0
    assert (restored / "keys/bundle.pem").stat().st_mode & 0o7777 == 0o750


@pytest.mark.parametrize("link", ["keys/bundle.pem", "keys"])
def test_a_backup_with_a_symbolic_link_in_place_of_a_file_is_refused(tmp_path: Path, link: str):
    system, backup, restored = a_system(tmp_path / "a"), tmp_path / "backup", tmp_path / "b"
    ratchet("backup", backup, "--data-dir", system)
    elsewhere = tmp_path / "elsewhere"
    (backup / "data" / link).rename(elsewhere)
    (backup / "data" / link).symlink_to(elsewhere)
    code, result = restore(backup, restored, system)
    assert code == 1
    assert "symbolic link" in result["error"]
    assert not restored.exists()


def test_a_restore_writes_through_no_symbolic_link_beside_its_target(tmp_path: Path):
    system, backup, restored = a_system(tmp_path / "a"), tmp_path / "backup", tmp_path / "b"
    ratchet("backup", backup, "--data-dir", system)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".b.part").symlink_to(tmp_path / "elsewhere")
    assert restore(backup, restored, system)[0] == 1
    assert list((tmp_path / "elsewhere").iterdir()) == []

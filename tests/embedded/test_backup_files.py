"""A backup's files: all of them whole and where they belong, or none."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ratchet_cli.app import main

from .command import ratchet


def a_system(data_dir: Path) -> Path:
    """What a system leaves that was stopped, in small."""
    (data_dir / "artifacts/ab").mkdir(parents=True)
    (data_dir / "artifacts/ab/abcd").write_bytes(b"weights")
    (data_dir / "registry/m/v1").mkdir(parents=True)
    (data_dir / "registry/m/latest").symlink_to("v1")
    (data_dir / "registry/m/v1/model.gguf").hardlink_to(data_dir / "artifacts/ab/abcd")
    (data_dir / "keys").mkdir()
    (data_dir / "keys/bundle.pem").write_bytes(b"key")
    (data_dir / "keys/bundle.pem").chmod(0o600)
    (data_dir / "runs/r1").mkdir(parents=True)
    (data_dir / "runs/r1/dataset.json").write_text("made again")
    with closing(sqlite3.connect(data_dir / "trainer.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t AS SELECT 1 AS x")
        database.commit()
    return data_dir


def test_files_links_and_modes_come_back_and_what_is_made_again_does_not(tmp_path: Path):
    system, kept, found = a_system(tmp_path / "a"), tmp_path / "kept", tmp_path / "b"
    assert ratchet("backup", kept, "--data-dir", system)[0] == 0
    assert kept.stat().st_mode & 0o777 == 0o700
    code, told = ratchet("restore", kept, "--data-dir", found)
    assert (code, told["files"]) == (0, 4)
    assert (found / "registry/m/latest/model.gguf").read_bytes() == b"weights"
    assert (found / "registry/m/v1/model.gguf").samefile(found / "artifacts/ab/abcd")
    assert (found / "keys/bundle.pem").stat().st_mode & 0o777 == 0o600
    assert not (found / "runs").exists()
    with closing(sqlite3.connect(found / "trainer.db")) as database:
        assert database.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert not (system / ".backup").exists()


@pytest.mark.parametrize("damaged", ["artifacts/ab/abcd", "trainer.db"])
def test_a_damaged_file_is_named_and_nothing_is_restored(tmp_path: Path, damaged: str):
    system, kept, found = a_system(tmp_path / "a"), tmp_path / "kept", tmp_path / "b"
    ratchet("backup", kept, "--data-dir", system)
    file = kept / "data" / damaged
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    code, told = ratchet("restore", kept, "--data-dir", found)
    assert code == 1
    assert damaged in told["error"]
    assert {path.name for path in tmp_path.iterdir()} == {"a", "kept"}


def test_a_backup_that_was_killed_is_not_taken_for_one(tmp_path: Path):
    system, kept = a_system(tmp_path / "a"), tmp_path / "kept"
    with (system / "artifacts/ab/large").open("wb") as large:
        large.truncate(1 << 31)
    command = "from ratchet_cli.app import main; main()"
    words = [sys.executable, "-c", command, "backup", str(kept), "--data-dir", str(system)]
    copying = tmp_path / ".kept.part/data/artifacts/ab/large"
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 20
        while not copying.exists() and time.monotonic() < end:
            time.sleep(0.005)
        process.kill()
    assert copying.exists()
    assert not kept.exists()
    code, told = ratchet("restore", tmp_path / ".kept.part", "--data-dir", tmp_path / "b")
    assert code == 1
    assert "no whole backup" in told["error"]

    (system / "artifacts/ab/large").unlink()
    assert ratchet("backup", kept, "--data-dir", system)[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a", "kept"}
    assert not (system / ".backup").exists()


def test_nothing_is_written_over(tmp_path: Path):
    system, kept = a_system(tmp_path / "a"), tmp_path / "kept"
    assert ratchet("backup", kept, "--data-dir", system)[0] == 0
    assert "is there already" in ratchet("backup", kept, "--data-dir", system)[1]["error"]
    assert "is not empty" in ratchet("restore", kept, "--data-dir", system)[1]["error"]
    assert "outside" in ratchet("backup", system / "kept", "--data-dir", system)[1]["error"]
    (system / "archive").symlink_to(tmp_path / "another-disk")
    assert "leads out" in ratchet("backup", tmp_path / "more", "--data-dir", system)[1]["error"]


def test_restoring_says_who_has_to_be_forgotten_again(tmp_path: Path):
    system, kept, found = a_system(tmp_path / "a"), tmp_path / "kept", tmp_path / "b"
    for place in ("receipts/one.json", "forgetting/two.json"):
        (system / place).parent.mkdir()
        (system / place).write_text("{}")
    ratchet("backup", kept, "--data-dir", system)
    words = ["restore", str(kept), "--data-dir", str(found)]
    told = CliRunner().invoke(main, words).stdout
    assert "run `ratchet forget` anew for each (1 receipts are from before)" in told
    assert "the next `ratchet forget` ends that" in told

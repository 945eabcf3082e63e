"""What the system creates is readable by its user only, whatever the umask."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from ratchet.command_line import create_private_directory, create_private_files, running_ports
from ratchet_testing.valkey import free_port

_PROGRAM = [sys.executable, "-c", "from ratchet_cli.app import main; main()"]


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize(
    ("before", "after"), [(0o000, 0o077), (0o022, 0o077), (0o027, 0o027), (0o077, 0o077)]
)
def test_a_umask_that_admits_others_is_replaced(umask: None, before: int, after: int):
    os.umask(before)
    create_private_files()
    assert os.umask(0) == after


@pytest.mark.parametrize(("before", "after"), [(0o755, 0o700), (0o777, 0o700), (0o750, 0o750)])
def test_a_data_directory_that_others_can_enter_is_closed(tmp_path: Path, before: int, after: int):
    tmp_path.chmod(before)
    create_private_directory(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == after
    create_private_directory(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_running_system_creates_no_file_for_others(tmp_path: Path):
    data_dir = tmp_path / "data"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*_PROGRAM, "up", "--data-dir", str(data_dir), "--port", str(free_port(7))],
            stdout=log,
            stderr=log,
            umask=0,
        )
        try:
            names = ("ledger.db", "valkey", *(["trainer.db"] if find_spec("trainer") else []))
            expected = {data_dir / name for name in names}
            end = time.monotonic() + 120
            while not (running_ports(data_dir) and all(path.exists() for path in expected)):
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < end
                time.sleep(0.2)
        finally:
            process.terminate()
            process.wait(120)
    found = [data_dir, *data_dir.rglob("*")]
    assert [p for p in found if not p.is_symlink() and p.stat().st_mode & 0o077] == []
    assert data_dir / "valkey/appendonlydir" in found

"""The unit of `ratchet up`: what systemd says of it, where its program is there."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.supervisor import _PATIENCE_S

SYSTEMD = Path(__file__).parents[2] / "deploy/systemd"
UNIT = SYSTEMD / "ratchet.service"
ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSED = 2.5
"""Of 10, which is a service that may do everything; the unit without its hardening has 9.2."""

has_systemd = pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze")


def service() -> configparser.SectionProxy:
    parsed = configparser.RawConfigParser(strict=False)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(UNIT)
    return parsed["Service"]


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, check=False)


@has_systemd
@pytest.mark.parametrize("with_gpu", [False, True], ids=["cpu", "gpu"])
def test_systemd_finds_nothing_wrong(tmp_path: Path, with_gpu: bool):
    """The command alone is another: what it names is not installed here."""
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text()))
    if with_gpu:
        drop_ins = tmp_path / "ratchet.service.d"
        drop_ins.mkdir()
        shutil.copy(SYSTEMD / "gpu.conf", drop_ins)
    verdict = analyzed("verify", "--man=no", "--recursive-errors=no", str(unit))
    assert (verdict.returncode, verdict.stderr) == (0, "")


@has_systemd
def test_what_it_may_do_is_little():
    told = analyzed("security", "--offline=true", "--no-pager", str(UNIT))
    [exposure] = re.findall(r"Overall exposure level for ratchet.service: ([\d.]+)", told.stdout)
    assert float(exposure) <= MOST_EXPOSED, told.stdout


def test_it_stops_later_than_every_process_may_take():
    processes = Embedded(Path("D"), 8100, {}).processes()
    assert float(service()["TimeoutStopSec"]) > len(processes) * (_PATIENCE_S + 1)
    assert service()["KillMode"] == "mixed", "the supervisor stops the others, in order"


def test_it_is_started_again_whatever_its_exit_status():
    assert service()["Restart"] == "always"


def test_it_writes_where_its_directories_are_and_nowhere_else():
    told = service()
    assert told["ProtectSystem"] == "strict"
    assert "ReadWritePaths" not in told
    assert f"--data-dir /var/lib/{told['StateDirectory']}" in told["ExecStart"]
    assert f"RATCHET_CACHE_DIR=/var/cache/{told['CacheDirectory']}" in told["Environment"]


def test_a_training_process_that_the_kernel_ends_does_not_end_the_service():
    assert service()["OOMPolicy"] == "continue"

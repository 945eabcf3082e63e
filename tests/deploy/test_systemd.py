"""The systemd unit of `ratchet up`, checked by systemd-analyze if it is installed."""

import asyncio
import configparser
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from ratchet_cli.embedded import systemd
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.supervisor import _STOP_TIMEOUT_S

SYSTEMD = Path(__file__).parents[2] / "deploy/systemd"
UNIT = SYSTEMD / "ratchet.service"
ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSED = 2.5
"""Of 10, a service without restrictions. The unit without its hardening has 9.2."""

has_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


def service() -> configparser.SectionProxy:
    parsed = configparser.RawConfigParser(strict=False)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(UNIT)
    return parsed["Service"]


def test_systemd_restarts_a_supervisor_that_ends_or_is_stuck():
    unit = service()
    assert unit["Restart"] == "always"
    assert unit["Type"] == "notify"
    assert int(unit["WatchdogSec"]) >= 3 * systemd._EVERY_S


@pytest.mark.parametrize("abstract", [False, True])
async def test_the_supervisor_reports_that_it_is_up_and_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
):
    address = f"@{tmp_path}/notify" if abstract else f"{tmp_path}/notify"
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiving:
        receiving.bind("\0" + address[1:] if abstract else address)
        receiving.settimeout(5)
        notifying = asyncio.create_task(systemd.keep_notifying())
        received = [await asyncio.to_thread(receiving.recv, 100) for _ in range(2)]
        notifying.cancel()
    assert received == [b"READY=1", b"WATCHDOG=1"]


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, check=False)


@has_systemd
@pytest.mark.parametrize("with_gpu", [False, True], ids=["cpu", "gpu"])
def test_systemd_accepts_the_unit(tmp_path: Path, with_gpu: bool):
    """The command is replaced, because its program is not installed here."""
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text()))
    if with_gpu:
        drop_ins = tmp_path / "ratchet.service.d"
        drop_ins.mkdir()
        shutil.copy(SYSTEMD / "gpu.conf", drop_ins)
    verdict = analyzed("verify", "--man=no", "--recursive-errors=no", str(unit))
    assert (verdict.returncode, verdict.stderr) == (0, "")


@has_systemd
def test_the_unit_has_few_privileges():
    report = analyzed("security", "--offline=true", "--no-pager", str(UNIT))
    [exposure] = re.findall(r"Overall exposure level for ratchet.service: ([\d.]+)", report.stdout)
    assert float(exposure) <= MOST_EXPOSED, report.stdout


def test_the_stop_timeout_exceeds_that_of_all_processes():
    processes = Embedded(Path("D"), 8100, {}).processes()
    assert float(service()["TimeoutStopSec"]) > len(processes) * (_STOP_TIMEOUT_S + 1)
    assert service()["KillMode"] == "mixed", "the supervisor stops the others, in order"


def test_the_unit_restarts_whatever_its_exit_status():
    assert service()["Restart"] == "always"


def test_the_unit_writes_only_to_its_directories():
    unit = service()
    assert unit["ProtectSystem"] == "strict"
    assert "ReadWritePaths" not in unit
    assert f"--data-dir /var/lib/{unit['StateDirectory']}" in unit["ExecStart"]
    assert f"RATCHET_CACHE_DIR=/var/cache/{unit['CacheDirectory']}" in unit["Environment"]


def test_the_service_survives_a_killed_training_process():
    assert service()["OOMPolicy"] == "continue"

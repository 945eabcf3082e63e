"""What a newcomer meets at the first `ratchet up`: reasons at once, in one sentence."""

import asyncio
import re
import signal
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from ratchet_cli.app import main
from ratchet_cli.embedded.output import LOG_FILE, Output
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.supervisor import Supervisor
from ratchet_cli.embedded.up import CannotStart, _say_that_it_is_up, up
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port


def ratchet(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.mark.parametrize(
    "command",
    [("up",), ("keys", "create", "panel", "--scope", "write")],
    ids=lambda command: command[0],
)
def test_a_directory_that_cannot_be_written_is_one_sentence(
    command: tuple[str, ...], tmp_path: Path
):
    (tmp_path / "file").write_text("")
    ended = ratchet(*command, "--data-dir", tmp_path / "file" / "below")
    assert ended.exit_code == 1
    assert "Traceback" not in ended.output
    assert len(ended.output.strip().splitlines()) == 1
    assert "not a directory" in ended.output.lower()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7"])  # noqa: S104
def test_a_network_is_served_only_once_a_key_exists(host: str, tmp_path: Path):
    refused = ratchet("up", "--host", host, "--data-dir", tmp_path)
    assert refused.exit_code == 1
    assert f"`ratchet keys create NAME --scope write --data-dir {tmp_path}`" in refused.output


def test_the_key_for_a_network_is_created_before_the_first_start(tmp_path: Path):
    data = tmp_path / "not-there-yet"
    refused = ratchet("up", "--host", "0.0.0.0", "--data-dir", data)  # noqa: S104
    named = re.sub(r"\s+", " ", refused.output)
    assert f"`mkdir -p {data} && ratchet keys create NAME --scope write --data-dir {data}`" in named


def test_a_host_is_an_address(tmp_path: Path):
    refused = ratchet("up", "--host", "panel.plant", "--data-dir", tmp_path)
    assert refused.exit_code == 2
    assert "not an IP address" in re.sub(r"\s+", " ", refused.output)


def test_only_ingest_is_bound_to_the_host(tmp_path: Path):
    embedded = Embedded(tmp_path, 8100, {}, host="10.0.0.7")
    hosts = {one.name: one.environment.get("RATCHET_HOST") for one in embedded.processes()}
    assert hosts.pop("ingest") == "10.0.0.7"
    assert hosts.pop("valkey") is None
    assert set(hosts.values()) == {"127.0.0.1"}
    valkey = next(one for one in embedded.processes() if one.name == "valkey")
    assert valkey.command[valkey.command.index("--bind") + 1] == "127.0.0.1"


async def test_a_wrong_setting_of_any_service_ends_the_start_with_its_name(tmp_path: Path):
    started = time.monotonic()
    wrong = {"RATCHET_INGEST_MAX_BATCH": "abc"}
    with pytest.raises(CannotStart) as refused:
        async with up(Embedded(tmp_path, free_port(7), wrong), lambda *_: None):
            pass
    assert "ingest refuses its settings" in str(refused.value)
    assert "RATCHET_INGEST_MAX_BATCH" in str(refused.value)
    assert time.monotonic() - started < 45, "one start of a service on a busy machine"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_a_start_at_once(number: signal.Signals, tmp_path: Path):
    """Valkey's port is not taken and ingest never starts: only the signal ends the wait."""
    code = (
        "import sys\n"
        "from ratchet_cli.embedded import processes\n"
        "command = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "service = processes.Embedded._service\n"
        "def sleeping(self, name):\n"
        "    from dataclasses import replace\n"
        "    return replace(service(self, name), command=command)\n"
        "processes.Embedded._service = sleeping\n"
        "from ratchet_cli.app import main\n"
        f"main(['up', '--data-dir', {str(tmp_path)!r}, '--port', '{free_port(7)}'])\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    async for line in process.stdout:
        if b"valkey | is ready" in line:
            break
    process.send_signal(number)
    began = time.monotonic()
    output = await asyncio.wait_for(process.stdout.read(), 30)
    assert await process.wait() == 0
    assert time.monotonic() - began < 15
    assert b"stopped before it was up" in output


async def test_logs_shows_the_newest_lines_of_a_service(tmp_path: Path):
    from ratchet.command_line import screen

    output = Output(screen(quiet=True), tmp_path)
    for number in range(60):
        output("reward", f"line {number}")
        output("ingest", f"call {number}")
    newest = ratchet("logs", "reward", "-n", "2", "--data-dir", tmp_path)
    assert newest.output.splitlines() == ["  reward | line 58", "  reward | line 59"]
    assert len(ratchet("logs", "--data-dir", tmp_path).output.splitlines()) == 50
    assert ratchet("logs", "panel", "--data-dir", tmp_path).exit_code == 2
    assert "writes it" in ratchet("logs", "--data-dir", tmp_path / "none").output


async def test_following_logs_prints_lines_of_the_next_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from ratchet.command_line import screen

    monkeypatch.setattr("ratchet_cli.embedded.output._LARGEST", 200)
    output = Output(screen(quiet=True), tmp_path)
    output("reward", "first")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from ratchet_cli.app import main; main()"),
        *("logs", "-f", "--data-dir", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    seen = [(await asyncio.wait_for(process.stdout.readline(), 60)).decode()]
    for number in range(20):
        output("reward", f"line {number} of a long output")
        seen.append((await asyncio.wait_for(process.stdout.readline(), 60)).decode())
    process.terminate()
    await process.wait()
    assert seen[-1] == "  reward | line 19 of a long output\n"
    assert (tmp_path / LOG_FILE).with_name("up.log.1").exists()


def test_a_full_disk_does_not_stop_the_output(tmp_path: Path):
    from ratchet.command_line import screen

    (tmp_path / "logs").write_text("in the way")
    Output(screen(quiet=True), tmp_path)("reward", "a line")


async def test_stop_ends_the_process_and_waits(tmp_path: Path):
    code = (
        "import json, os, signal, sys, time\n"
        "from filelock import FileLock\n"
        f"lock = FileLock({str(tmp_path / '.up.lock')!r})\n"
        "lock.acquire()\n"
        f"path = {str(tmp_path / 'up.json')!r}\n"
        "signal.signal(signal.SIGTERM, lambda *_: (os.unlink(path), sys.exit()))\n"
        "open(path, 'w').write(json.dumps({'pid': os.getpid(), 'ports': {}}))\n"
        "time.sleep(600)\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)

    async def recorded() -> bool:
        return (tmp_path / "up.json").is_file() and (tmp_path / "up.json").stat().st_size > 0

    await eventually(recorded)
    stopped = await asyncio.to_thread(ratchet, "stop", "--data-dir", tmp_path)
    assert (stopped.exit_code, await process.wait()) == (0, 0)
    again = ratchet("stop", "--data-dir", tmp_path)
    assert again.exit_code == 3
    assert "No system runs" in again.output


@pytest.mark.parametrize(("base_model", "lines"), [("", 1), ("smollm2-135m-instruct", 0)])
def test_a_start_without_a_base_model_prints_one_line_on_how_to_choose_one(
    base_model: str, lines: int, tmp_path: Path
):
    printed = Console(file=StringIO(), width=80)
    embedded = Embedded(tmp_path, 8100, {"RATCHET_TRAINER_BASE_MODEL": base_model})
    _say_that_it_is_up(printed, embedded, Supervisor([], lambda *_: None, lambda: None))
    up_at, *more = printed.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert up_at.startswith("ratchet is up at http://127.0.0.1:8100 ")
    assert len(more) == lines
    for line in more:
        assert line.startswith("no base model is set: examples are collected, nothing is trained")
        assert "docs/models.md" in line


def test_a_service_that_is_late_is_named_with_what_it_does(tmp_path: Path):
    printed = Console(file=StringIO(), width=80)
    embedded = Embedded(tmp_path, 8100, {"RATCHET_TRAINER_BASE_MODEL": "m"})
    late = [one for one in embedded.processes() if one.name == "reward"]
    _say_that_it_is_up(printed, embedded, Supervisor(late, lambda *_: None, lambda: None))
    lines = printed.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[1:] == ["reward is not ready yet: it starts"]


def test_a_backup_creates_no_missing_mount_point(tmp_path: Path):
    (tmp_path / "data").mkdir()
    refused = ratchet("backup", tmp_path / "not" / "mounted", "--data-dir", tmp_path / "data")
    assert refused.exit_code == 1
    assert "does not exist: mount the disk" in refused.output
    assert not (tmp_path / "not").exists()

"""A process that hangs is restarted like one that ends, and the intake is not away for long."""

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from ratchet_cli.embedded.health import Health
from ratchet_cli.embedded.processes import Embedded, ProcessSpec
from ratchet_cli.embedded.supervisor import Supervised
from ratchet_cli.embedded.trouble import LastLines
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        sick = len(sys.argv) > 2 and self.path in sys.argv[2:]
        body = json.dumps({"problem": "its loop stands" if sick else None}).encode()
        self.send_response(503 if sick else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
FAILING = """
import json, sys
print(json.dumps({"level": "CRITICAL", "message": "the file x is damaged; restore it"}))
sys.exit(3)
"""


def supervised(code: str, *arguments: str, port: int = 0) -> tuple[Supervised, list[str]]:
    lines: list[str] = []
    command = [sys.executable, "-c", code, *arguments]
    spec = ProcessSpec("service", command, {}, port, longest_wait_s=1.0, health=port != 0)
    process = Supervised(spec, lambda _, line: lines.append(line))
    process.health = partial(Health, answer_limit_s=0.5, start_limit_s=20)  # type: ignore[assignment]
    return process, lines


async def test_a_process_that_stands_still_is_ended_and_restarted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ratchet_cli.embedded.health._ASK_LIMIT_S", 0.3)
    port = free_port()
    process, lines = supervised(SERVER, str(port), port=port)
    await process.start()

    async def ready() -> bool:
        return process.trouble is None

    await eventually(ready, 20)
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)

    async def ready_again() -> bool:
        return process.trouble is None and process.pid not in (None, first)

    await eventually(ready_again, 20)
    assert any("it was ended because it does not answer within" in line for line in lines)
    assert lines[-1] == "is ready"
    await process.stop()


async def test_a_process_that_needs_a_restart_by_its_own_account_gets_one():
    port = free_port()
    process, lines = supervised(SERVER, str(port), "/livez", port=port)
    process.health = partial(Health, answer_limit_s=0.5, start_limit_s=0.5)  # type: ignore[assignment]
    await process.start()

    async def restarted() -> bool:
        return process.restarts > 0

    await eventually(restarted, 20)
    await process.stop()
    assert any("ended because its loop stands" in line for line in lines)


async def test_a_service_that_cannot_work_at_the_moment_is_not_restarted():
    port = free_port()
    process, _ = supervised(SERVER, str(port), "/readyz", port=port)
    await process.start()

    async def known() -> bool:
        return process.trouble is not None and process.trouble.problem == "its loop stands"

    await eventually(known, 20)
    pid = process.pid
    assert pid is not None
    os.kill(pid, 0)
    assert process.restarts == 0
    await process.stop()


async def test_the_reason_of_the_end_is_the_trouble_until_it_is_ready():
    process, lines = supervised(FAILING)
    await process.start()

    async def twice() -> bool:
        return process.ends >= 2

    await eventually(twice, 20)
    await process.stop()
    reason = "ended with status 3: the file x is damaged; restore it"
    assert str(process.trouble) == reason
    assert f"is not ready: {reason}" in lines


async def test_a_taken_port_is_the_trouble_and_the_process_comes_when_it_is_free():
    port = free_port()
    other, _ = supervised(SERVER, str(port), port=port)
    await other.start()

    async def listens() -> bool:
        return other.trouble is None

    await eventually(listens, 20)
    process, _ = supervised(SERVER, str(port), port=port)
    await process.start()

    async def known() -> bool:
        return process.ends > 0

    await eventually(known, 20)
    assert f"port {port} is in use by another program" in str(process.trouble)
    await other.stop()

    async def ready() -> bool:
        return process.trouble is None and process.pid is not None

    await eventually(ready, 20)
    await process.stop()


async def test_an_intake_that_ends_again_and_again_is_never_away_for_long(tmp_path: Path):
    by_name = {spec.name: spec for spec in Embedded(tmp_path, 8100, {}).processes()}
    assert by_name["ingest"].longest_wait_s <= 1
    assert by_name["valkey"].longest_wait_s <= 1
    assert by_name["trainer"].longest_wait_s > 10
    process, _ = supervised("import time; time.sleep(600)")
    await process.start()
    away: list[float] = []
    for _ in range(5):
        pid = process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()

        async def back(gone: int = pid) -> bool:
            return process.pid not in (None, gone)

        await eventually(back, 10)
        away.append(time.monotonic() - killed)
    await process.stop()
    assert max(away) < 2.0


@pytest.mark.parametrize(
    ("output", "problem", "remedy"),
    [
        (
            [
                "7:M 30 Nov 2026 04:55:09.574 # WARNING Memory overcommit must be enabled!",
                "7:M 30 Nov 2026 04:55:09.622 # Bad file format reading the append only file "
                "appendonly.aof.1.incr.aof: make a backup of your AOF file, then use it",
            ],
            "Bad file format reading the append only file appendonly.aof.1.incr.aof",
            "ratchet restore",
        ),
        (
            [
                "7:M 30 Nov 2026 04:55:09.662 # ",
                "*** FATAL AOF MANIFEST FILE ERROR ***",
                "7:M 30 Nov 2026 04:55:09.662 # The AOF manifest file contains too long line",
            ],
            "FATAL AOF MANIFEST FILE ERROR: The AOF manifest file contains too long line",
            "ratchet restore",
        ),
        (["# Fatal error: can't open: No space left on device"], "No space left", "make room"),
        (["# Can't open the append-only file: Permission denied"], "denied", "read and write"),
        ([], "ended with status 1", "ratchet up"),
    ],
)
def test_valkey_names_why_it_does_not_start(output: list[str], problem: str, remedy: str):
    lines = LastLines()
    for line in output:
        lines.add(line)
    trouble = lines.trouble("valkey", 1)
    assert problem in trouble.problem
    assert remedy in trouble.remedy
    assert "overcommit" not in trouble.problem

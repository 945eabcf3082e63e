"""A port where nothing, or another program, answers: each command says so in one sentence."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ratchet_cli.app import main
from ratchet_testing.valkey import free_port

PAGE = b"<html>a printer</html>"
ROW = {"query_id": "q-1", "timestamp": "2026-01-05T06:00:00Z", "transcript": "Any alarms?"}


class Printer(BaseHTTPRequestHandler):
    """A program that answers every request with a page."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def printer() -> Iterator[int]:
    """The port of another program."""
    port = free_port(7)
    with ThreadingHTTPServer(("127.0.0.1", port), Printer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield port
        server.shutdown()


def ratchet(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)], env={"COLUMNS": "200"})


def run_on(port: int, directory: Path, pid: int) -> None:
    """Pretend that the system in `directory` runs as `pid`, from `port` on."""
    names = ("ingest", "reward", "trainer", "exporter", "valkey", "ledger", "gateway")
    ports = {name: port + number for number, name in enumerate(names)}
    (directory / "up.json").write_text(json.dumps({"pid": pid, "ports": ports}))


def imported(tmp_path: Path) -> Path:
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([ROW]))
    return file


@pytest.mark.parametrize("command", ["simulate", "import"])
def test_a_client_waits_aloud_for_an_address_where_nothing_answers(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for module in ("simulation", "file_import", "waiting"):
        monkeypatch.setattr(f"ratchet_cli.client.{module}.PATIENCE_S", 1.0)
    url = f"http://127.0.0.1:{free_port()}"
    arguments = ("--questions", 1) if command == "simulate" else (imported(tmp_path),)
    ended = ratchet(command, *arguments, "--url", url)
    waited, gave_up, *_ = [line for line in ended.stderr.splitlines() if url in line]
    assert waited.startswith(f"waiting for {url}")
    assert f"{url} has not responded for 1 s" in gave_up
    assert ended.exit_code == 3


@pytest.mark.parametrize("command", ["simulate", "import"])
def test_a_client_of_another_program_accepts_nothing(command: str, printer: int, tmp_path: Path):
    arguments = ("--questions", 1) if command == "simulate" else (imported(tmp_path),)
    ended = ratchet(command, *arguments, "--url", f"http://127.0.0.1:{printer}")
    assert f"http://127.0.0.1:{printer} is not an intake: 200 {PAGE.decode()}" in ended.stderr
    assert ended.exit_code != 0


def test_simulate_finds_the_intake_of_a_data_directory(printer: int, tmp_path: Path):
    run_on(printer, tmp_path, os.getpid())
    ended = ratchet("simulate", "--questions", 1, "--data-dir", tmp_path)
    assert f"http://127.0.0.1:{printer} is not an intake" in ended.stderr


@pytest.mark.parametrize("command", ["simulate", "import"])
def test_a_directory_where_no_system_runs_sends_nothing_to_another(command: str, tmp_path: Path):
    arguments = ("--questions", 1) if command == "simulate" else (imported(tmp_path),)
    refused = ratchet(command, *arguments, "--data-dir", tmp_path)
    assert refused.exit_code == 3
    assert f"No system runs in {tmp_path}." in refused.stderr
    assert "--url" in refused.stderr


def test_up_names_the_port_that_another_program_uses(printer: int, tmp_path: Path):
    refused = ratchet("up", "--data-dir", tmp_path, "--port", printer)
    assert refused.exit_code == 1
    assert refused.stderr == f"Port {printer} for ingest is in use. Pass another --port.\n"


def test_up_starts_at_the_port_of_its_setting(printer: int, tmp_path: Path):
    arguments = ["up", "--data-dir", str(tmp_path)]
    refused = CliRunner().invoke(main, arguments, env={"RATCHET_PORT": str(printer)})
    assert refused.stderr == f"Port {printer} for ingest is in use. Pass another --port.\n"


def test_status_names_the_port_that_another_program_uses(printer: int, tmp_path: Path):
    run_on(printer, tmp_path, os.getpid())
    shown = re.sub(r"[\s│]+", " ", ratchet("status", "--data-dir", tmp_path).stdout)
    assert f"another program uses port {printer}; end it, or start the system with" in shown


def test_doctor_names_the_port_that_another_program_uses_before_what_follows_from_it(
    printer: int, tmp_path: Path
):
    run_on(printer, tmp_path, os.getpid())
    (tmp_path / "logs").mkdir()
    url = f"redis://127.0.0.1:{free_port()}/0"
    shown = ratchet("doctor", "--no-trial", "--data-dir", tmp_path, "--redis-url", url)
    findings = [line for line in shown.stdout.splitlines() if line.startswith("fail")]
    causes = [line for line in findings[:2] if f"another program uses port {printer}" in line]
    assert len(causes) == 1, "only a full disk may come before it"
    assert "end it, or start the system with another --port" in shown.stdout


def test_stop_ends_no_process_that_got_the_number_of_a_killed_system(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        run_on(free_port(7), tmp_path, other.pid)
        refused = ratchet("stop", "--data-dir", tmp_path)
        assert other.poll() is None
    assert other.returncode == 1, "its input ended"
    assert refused.exit_code == 3
    assert "belongs to another program" in refused.stderr

"""Work that may take long shows in a terminal how far it is."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ratchet_cli.app import main


class Intake(BaseHTTPRequestHandler):
    """Accepts every item of every call."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        count = len(body) if isinstance(body, list) else 1
        answer = json.dumps({"accepted": count, "repeated": 0, "problems": []}).encode()
        self.send_response(202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def intake() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Intake) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("command", ["simulate", "import"])
def test_a_terminal_shows_how_many_are_posted(command: str, intake: str, tmp_path: Path):
    file = tmp_path / "rows.json"
    rows = [{"query_id": f"q-{n}", "timestamp": "2026-01-05T06:00:00Z"} for n in range(3)]
    file.write_text(json.dumps([{**row, "transcript": "Any alarms?"} for row in rows]))
    arguments = ("--questions", "1") if command == "simulate" else (str(file),)
    environment = {"FORCE_COLOR": "1", "COLUMNS": "100", "TERM": "xterm"}
    ended = CliRunner().invoke(main, [command, *arguments, "--url", intake], env=environment)
    assert ended.exit_code == 0, ended.output
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ended.stderr)
    assert "posting" in shown or "importing" in shown
    done, total = re.findall(r"(\d+)/(\d+)", shown)[-1]
    assert done == total != "0"

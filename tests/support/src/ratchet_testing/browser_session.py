"""A headless browser that stays open, and a web server that receives what its pages post."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from ratchet_testing.browser import QuietFiles, headless


class PageServer:
    """`posted` receives the JSON that pages post to `/posted` of `origin`."""

    def __init__(self, origin: str, posted: "Queue[Any]") -> None:
        self.origin = origin
        self.posted = posted


class _Posting(QuietFiles):
    def __init__(self, posted: "Queue[Any]", *arguments: Any, **more: Any) -> None:
        self._posted = posted
        super().__init__(*arguments, **more)

    def do_POST(self) -> None:
        self._posted.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()


@contextmanager
def posting_pages(folder: Path) -> Iterator[PageServer]:
    """Serve the files of `folder`."""
    posted: Queue[Any] = Queue()
    handler = partial(_Posting, posted, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield PageServer(f"http://127.0.0.1:{server.server_port}", posted)
        server.shutdown()


@contextmanager
def browsing(url: str, profile: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A browser at `url` with its data in `profile`; it is killed at the end."""
    command = headless(url, profile, "--remote-debugging-port=0")
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)

"""A web server on another origin, and a headless browser."""

import html
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def pages(folder: Path) -> Iterator[str]:
    """Serve the files of `folder`; yields their origin."""
    folder.mkdir()
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(QuietFiles, directory=str(folder))
    ) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def headless(url: str, profile: Path, *options: str) -> list[str]:
    """The command that opens the page, with the browser's data in `profile`."""
    alone = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    return [str(BROWSER), *alone, f"--user-data-dir={profile}", *options, url]


def seen(url: str, profile: Path) -> Any:
    """Load the page and return the JSON of its element `result`."""
    command = headless(url, profile, "--virtual-time-budget=20000", "--dump-dom")
    shown = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    text = shown.stdout.partition('<pre id="result">')[2].partition("</pre>")[0]
    return json.loads(html.unescape(text))

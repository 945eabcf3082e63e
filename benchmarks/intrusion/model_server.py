"""A model server that answers everything, and records what reached it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

ANSWER = b'{"message": {"content": "Hello."}, "done": true}'


@dataclass
class Reached:
    """`requests` are the paths with their headers, whose names are in lower case."""

    url: str
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def recording_model_server() -> Iterator[Reached]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            reached.requests.append((self.path, headers))
            self.send_response(200)
            self.send_header("Content-Length", str(len(ANSWER)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(ANSWER)

        do_HEAD = do_OPTIONS = do_GET

        def log_message(self, *_: object) -> None:
            """The requests are in `reached`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    reached = Reached(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield reached
    finally:
        server.shutdown()
        server.server_close()

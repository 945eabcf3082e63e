"""A local HTTP server with the two calls of Ollama that load and unload models."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


class OllamaServer(ThreadingHTTPServer):
    """`loaded` are the models in memory, `requests` the loads and unloads in order.

    To unload the `stubborn` model is answered with 500, to unload the `slow` one only when
    `may_answer` is set.
    """

    def __init__(self, *loaded: str, stubborn: str = "", slow: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Calls)
        self.loaded = list(loaded)
        self.stubborn = stubborn
        self.slow = slow
        self.requests: list[str] = []
        self.may_answer = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Calls(BaseHTTPRequestHandler):
    server: OllamaServer

    def do_GET(self) -> None:
        assert self.path == "/api/ps"
        self._answer(200, {"models": [{"name": name} for name in self.server.loaded]})

    def do_POST(self) -> None:
        assert self.path == "/api/generate"
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        model, loaded = body["model"], self.server.loaded
        unload = body.get("keep_alive") == 0
        self.server.requests.append(f"{'unload' if unload else 'load'} {model}")
        if model == self.server.stubborn:
            return self._answer(500, {"error": "no"})
        if unload:
            loaded.remove(model)
        elif model not in loaded:
            loaded.append(model)
        if unload and model == self.server.slow:
            self.server.may_answer.wait(10)
        return self._answer(200, {"model": model, "done": True})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        with suppress(ConnectionError):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def ollama_server(*loaded: str, stubborn: str = "", slow: str = "") -> Iterator[OllamaServer]:
    server = OllamaServer(*loaded, stubborn=stubborn, slow=slow)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()

"""Measures what tracing costs the reward service: off, sampled, complete, without a collector.

The variants alternate, so that a slow minute of the machine affects all of them. The collector is
a process that reads and answers; it uses the same cores.

Run: python benchmarks/tracing.py
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from statistics import median

from delivery import BATCH, events_a_second
from rich.console import Console
from rich.table import Table

from ratchet_testing.valkey import free_port, valkey_server, wait_for_port

ROUNDS = 5
ONE_IN_A_HUNDRED = {
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.01",
}


class Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def collector() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, __file__, "collect", str(port)])
    try:
        wait_for_port(port, 10)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def service(url: str, **environment: str) -> list[subprocess.Popen[bytes]]:
    settings = {
        "RATCHET_REDIS_URL": url,
        "RATCHET_PORT": str(free_port()),
        "RATCHET_REWARD_BATCH": str(BATCH),
        "RATCHET_LOG_LEVEL": "critical",
    }
    command = [sys.executable, "-m", "reward"]
    return [subprocess.Popen(command, env={**os.environ, **settings, **environment})]


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        valkey_server(Path(directory), free_port()) as url,
        collector() as endpoint,
    ):
        unavailable = f"http://127.0.0.1:{free_port()}"
        rows: dict[str, Callable[[], list[subprocess.Popen[bytes]]]] = {
            "off": partial(service, url),
            "1 % of the traces": partial(
                service, url, RATCHET_OTLP_ENDPOINT=endpoint, **ONE_IN_A_HUNDRED
            ),
            "every span": partial(service, url, RATCHET_OTLP_ENDPOINT=endpoint),
            "every span, unavailable collector": partial(
                service, url, RATCHET_OTLP_ENDPOINT=unavailable
            ),
        }
        rates: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(ROUNDS):
            for name, start in rows.items():
                rates[name].append(asyncio.run(events_a_second(url, start)))
    off = median(rates["off"])
    table = Table("tracing", "events/s", "of off", "lowest to highest")
    for name, values in rates.items():
        middle = median(values)
        spread = f"{min(values):,.0f} to {max(values):,.0f}"
        table.add_row(name, f"{middle:,.0f}", f"{middle / off:.2f}", spread)
    Console().print(table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["collect"]:
        HTTPServer(("127.0.0.1", int(sys.argv[2])), Sink).serve_forever()
    else:
        main()

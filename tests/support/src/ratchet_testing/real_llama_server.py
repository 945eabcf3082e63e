"""Runs a real llama-server; tests do where the environment variable LLAMA_SERVER names one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratchet_testing.valkey import free_port, wait_for_port

PROGRAM = Path(os.environ["LLAMA_SERVER"]) if "LLAMA_SERVER" in os.environ else None
_OPTIONS = ("--ctx-size", "512", "--parallel", "1", "--no-warmup", "--jinja")
# As the exporter computes: a faster kernel rounds differently, and repacked weights need AMX.
_AS_THE_EXPORTER = ("--flash-attn", "off", "--no-repack")


@contextmanager
def llama_server(program: Path, log: Path, *options: str, port: int | None = None) -> Iterator[str]:
    """Run `program` with `options`; yields its address once it accepts connections.

    It answers 503 until it has loaded its model.
    """
    port = port or free_port()
    command = [str(program), "--port", str(port), *_OPTIONS, *_AS_THE_EXPORTER, *options]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for_port(port, 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)

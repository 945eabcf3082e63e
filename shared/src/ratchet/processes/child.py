"""Child processes that write JSON lines and never outlive their parent: both ends."""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from ratchet.processes.parent_death import PARENT_VARIABLE, die_with_parent
from ratchet_text import use_site_file

_TAIL_LINES = 40
R = TypeVar("R", bound=BaseModel)
Report = Callable[[BaseModel], None]


class ChildFailed(RuntimeError):
    """The child exited with a status other than 0; the message ends with its last output."""

    def __init__(self, module: str, status: int, tail: str) -> None:
        super().__init__(f"{module} ended with status {status}: {tail}")
        self.status = status

    @property
    def killed(self) -> bool:
        """Whether a signal ended it, and not an error that it may meet again."""
        return self.status < 0


PRIVATE = ("RATCHET_", "OTEL_", "AWS_", "PG")
"""Beginnings of variables with settings, and credentials of databases and buckets."""
SITE_FILE = "RATCHET_SITE_FILE"
"""The setting that children need too: they read texts with the same words as their parent."""


def child_environment(withheld: tuple[str, ...] = PRIVATE) -> dict[str, str]:
    """This environment without the variables that begin with one of `withheld`.

    It always has the site file's path.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name == SITE_FILE or not name.startswith(withheld)
    }


async def run_child(
    module: str,
    request: BaseModel,
    on_line: Callable[[bytes], Awaitable[None]],
    environment: dict[str, str] | None = None,
    ready: asyncio.Event | None = None,
) -> None:
    """Run `python -m module`, send `request` as JSON on stdin, give each stdout line to `on_line`.

    The child gets `environment` in addition to `child_environment`.
    With `ready` the request waits until that is set, while the child starts. The child's stderr
    is copied to ours. Raises `ChildFailed`; when cancelled, kills the child.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**child_environment(), **(environment or {}), PARENT_VARIABLE: str(os.getpid())},
        limit=1 << 26,
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    try:
        if ready is not None:
            await ready.wait()
        with suppress(ConnectionError):
            process.stdin.write(request.model_dump_json().encode())
            await process.stdin.drain()
        process.stdin.close()
        passing = asyncio.create_task(_pass_through(process.stderr, tail))
        async for line in process.stdout:
            await on_line(line)
        status = await process.wait()
        await passing
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if status != 0:
        raise ChildFailed(module, status, "".join(tail)[-2000:].strip())


async def _pass_through(stream: asyncio.StreamReader, tail: deque[str]) -> None:
    async for line in stream:
        text = line.decode(errors="replace")
        tail.append(text)
        sys.stderr.write(text)
        sys.stderr.flush()


def serve_parent(request_type: type[R], work: Callable[[R, Report], None]) -> None:
    """Read the request from stdin and do `work`, which reports lines to the parent.

    It reads texts with the words of the site file, as the parent does. Standard output is
    redirected to stderr, so that libraries cannot print between the lines.
    """
    die_with_parent()
    if site_file := os.environ.get(SITE_FILE):
        use_site_file(Path(site_file))
    request = request_type.model_validate_json(sys.stdin.buffer.read())
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def report(line: BaseModel) -> None:
        output.write(line.model_dump_json() + "\n")
        output.flush()

    work(request, report)

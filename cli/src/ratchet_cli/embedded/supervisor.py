"""Keep processes running: restart with backoff, pass on what they say, stop them in order."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial

from ratchet.processes import signal_on_parent_death
from ratchet_cli.embedded.processes import ProcessSpec

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_STEADY_S = 60.0
_PATIENCE_S = 20.0

Sink = Callable[[str, str], None]
"""Takes the process's name and one line it said."""


class Supervised:
    """One process that is started again whenever it ends, until it is stopped."""

    def __init__(self, spec: ProcessSpec, sink: Sink) -> None:
        self.spec = spec
        self.restarts = 0
        self._sink = sink
        self._process: asyncio.subprocess.Process | None = None
        self._loop: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and alive else None

    async def start(self) -> None:
        self._process = await self._spawn()
        self._loop = asyncio.create_task(self._keep_running(self._process))

    async def stop(self) -> None:
        """SIGTERM, patience, SIGKILL; returns when the process is gone."""
        if self._loop is None:
            return
        process, loop, self._loop = self._process, self._loop, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), _PATIENCE_S)
            except TimeoutError:
                self._sink(self.spec.name, f"still running after {_PATIENCE_S:.0f} s; killed")
                process.kill()
        await asyncio.wait([loop], timeout=1.0)
        loop.cancel()

    async def _keep_running(self, process: asyncio.subprocess.Process) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            started = time.monotonic()
            await self._pass_on(process)
            status = await process.wait()
            if self._loop is None:
                return
            wait_s = _FIRST_WAIT_S if time.monotonic() - started > _STEADY_S else wait_s
            self._sink(self.spec.name, f"ended with status {status}; again in {wait_s:.1f} s")
            await asyncio.sleep(wait_s)
            if self._loop is None:
                return
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
            self.restarts += 1
            process = self._process = await self._spawn()

    async def _spawn(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.spec.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **self.spec.environment},
            start_new_session=True,
            preexec_fn=partial(_in_child, self.spec.nice),
            limit=1 << 22,
        )

    async def _pass_on(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self._sink(self.spec.name, line.decode(errors="replace").rstrip())


def _in_child(nice: int) -> None:
    signal_on_parent_death(signal.SIGTERM)
    os.nice(nice)


class Supervisor:
    def __init__(self, specs: Sequence[ProcessSpec], sink: Sink) -> None:
        self.processes = {spec.name: Supervised(spec, sink) for spec in specs}

    async def start(self) -> None:
        for process in self.processes.values():
            await process.start()

    async def stop(self) -> None:
        """Stop in the reverse of the start order, each one gone before the next is asked."""
        for process in reversed(self.processes.values()):
            await process.stop()

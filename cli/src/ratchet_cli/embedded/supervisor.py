"""Supervises processes: restarts them with backoff, forwards their output, stops them in order."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial

from ratchet.processes import child_environment, signal_on_parent_death
from ratchet_cli.embedded.processes import ProcessSpec

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_STEADY_S = 60.0
_STOP_TIMEOUT_S = 20.0

Sink = Callable[[str, str], None]
"""Receives the name of a process and one line of its output."""


class Supervised:
    """A process that is restarted whenever it ends, until it is stopped."""

    def __init__(self, spec: ProcessSpec, sink: Sink) -> None:
        self.spec = spec
        self.restarts = 0
        self._sink = sink
        self._process: asyncio.subprocess.Process | None = None
        self._loop: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and alive else None

    async def start(self) -> None:
        self._process = await self._spawn()
        self._loop = asyncio.create_task(self._keep_running(self._process))

    async def stop(self) -> None:
        """Send SIGTERM, after a timeout SIGKILL; returns when the process has ended."""
        if self._loop is None:
            return
        # Without a loop `_keep_running` restarts nothing: cleared before the process can end.
        process, loop, self._loop = self._process, self._loop, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), _STOP_TIMEOUT_S)
            except TimeoutError:
                self._sink(self.spec.name, f"still running after {_STOP_TIMEOUT_S:.0f} s; killed")
                process.kill()
        # The loop forwards the last lines. A grandchild that holds the pipe open would keep it
        # waiting, hence the timeout.
        await asyncio.wait([loop], timeout=1.0)
        loop.cancel()

    async def _keep_running(self, process: asyncio.subprocess.Process) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            started = time.monotonic()
            await self._forward_output(process)
            status = await process.wait()
            if self._loop is None:
                return
            wait_s = _FIRST_WAIT_S if time.monotonic() - started > _STEADY_S else wait_s
            self._sink(self.spec.name, f"ended with status {status}; restart in {wait_s:.1f} s")
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
            env={**child_environment(self.spec.withheld), **self.spec.environment},
            # Ctrl-C in a terminal goes to the whole foreground group. In a session of their own
            # the processes do not get it, and are stopped one after the other.
            start_new_session=True,
            # prctl and nice apply to the caller: they run in the child, between fork and exec.
            preexec_fn=partial(_in_child, self.spec.nice),
            limit=1 << 22,
        )

    async def _forward_output(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self._sink(self.spec.name, line.decode(errors="replace").rstrip())


def _in_child(nice: int) -> None:
    # A killed supervisor cannot stop its children: the kernel does it.
    signal_on_parent_death(signal.SIGTERM)
    os.nice(nice)


class Supervisor:
    """Several processes, in start order."""

    def __init__(self, specs: Sequence[ProcessSpec], sink: Sink) -> None:
        self.processes = {spec.name: Supervised(spec, sink) for spec in specs}

    async def start(self) -> None:
        for process in self.processes.values():
            await process.start()

    async def stop(self) -> None:
        """Stop in reverse start order: a producer has ended before its consumers stop."""
        for process in reversed(self.processes.values()):
            await process.stop()

"""Supervises processes: restarts those that end or hang, forwards output, stops in order."""

import asyncio
import math
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial

import httpx

from ratchet.processes import child_environment, signal_on_parent_death
from ratchet.processes.valkey import wait_until_it_responds
from ratchet_cli.embedded.health import Health
from ratchet_cli.embedded.processes import ProcessSpec, is_free
from ratchet_cli.embedded.trouble import LastLines, Trouble

_FIRST_WAIT_S = 0.5
_STEADY_S = 60.0
_STOP_TIMEOUT_S = 20.0
_EVERY_S, _SOON_S = 2.0, 0.2
_WRONG_SETTING = 2
"""The status of a service that refuses its settings."""

Sink = Callable[[str, str], None]
"""Receives the name of a process and one line of its output."""


class Supervised:
    """A process that is restarted whenever it ends or hangs, until it is stopped.

    `trouble` is why it does not work now; None while it is ready. `ends` counts how often it
    ended since it was last ready. `hopeless` is whether another start must end like the last one.
    `on_change` is called after `trouble` changed.
    """

    def __init__(
        self, spec: ProcessSpec, sink: Sink, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self.spec = spec
        self.restarts = 0
        self.ends = 0
        self.hopeless = False
        self.trouble: Trouble | None = Trouble("it starts")
        self.health = Health  # replaced by tests that cannot wait
        self._sink = sink
        self._on_change = on_change
        self._process: asyncio.subprocess.Process | None = None
        self._loop: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and alive else None

    async def start(self) -> None:
        if is_free(self.spec.port):
            self._process = await self._spawn()
        self._loop = asyncio.create_task(self._keep_running())

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

    def report(self, trouble: Trouble | None) -> None:
        """Record why it does not work now, or that it does, and print each change."""
        if trouble == self.trouble:
            return
        self.trouble = trouble
        if trouble is None:
            self.ends = 0
            self._sink(self.spec.name, "is ready")
        else:
            self._sink(self.spec.name, f"is not ready: {trouble}")
        self._on_change()

    async def _keep_running(self) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            if self._process is None:
                taken = f"port {self.spec.port} is in use by another program"
                self.ends += 1
                self.report(Trouble(taken, "end it, or start the system with another --port"))
            else:
                started = time.monotonic()
                trouble = await self._until_it_ends(self._process)
                if self._loop is None:
                    return
                self.ends += 1
                wait_s = _FIRST_WAIT_S if time.monotonic() - started > _STEADY_S else wait_s
                self.report(trouble)
            wait_s = min(wait_s, self.spec.longest_wait_s)
            self._sink(self.spec.name, f"restart in {wait_s:.1f} s")
            await asyncio.sleep(wait_s)
            if self._loop is None:
                return
            wait_s *= 2
            self.restarts += 1
            self._process = await self._spawn() if is_free(self.spec.port) else None

    async def _until_it_ends(self, process: asyncio.subprocess.Process) -> Trouble:
        """Forward its output and watch its health; returns why it ended."""
        health = self.health(f"http://127.0.0.1:{self.spec.port}")
        watch = self._watch_valkey() if self.spec.redis_url else self._watch(process, health)
        watching = asyncio.create_task(watch)
        lines = LastLines()
        assert process.stdout is not None
        async for line in process.stdout:
            text = line.decode(errors="replace").rstrip()
            lines.add(text)
            self._sink(self.spec.name, text)
        status = await process.wait()
        watching.cancel()
        self.hopeless = status == _WRONG_SETTING
        if health.dead is not None:
            return Trouble(f"it was ended because {health.dead}")
        return lines.trouble(self.spec.name, status)

    async def _watch(self, process: asyncio.subprocess.Process, health: Health) -> None:
        if not self.spec.health:
            self.trouble = None
            return
        async with httpx.AsyncClient() as client:
            while health.dead is None:
                await health.ask(client)
                if health.answered:
                    self.report(Trouble(health.problem) if health.problem else None)
                await asyncio.sleep(_SOON_S if health.problem else _EVERY_S)
        process.kill()

    async def _watch_valkey(self) -> None:
        """Not ended when it is silent: a restart does not make a slow disk faster."""
        await wait_until_it_responds(self.spec.redis_url, math.inf)
        self.report(None)

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


def _in_child(nice: int) -> None:
    # A killed supervisor cannot stop its children: the kernel does it.
    signal_on_parent_death(signal.SIGTERM)
    os.nice(nice)


class Supervisor:
    """Several processes, in start order; `on_change` is called when one comes or is away."""

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        sink: Sink,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.processes = {spec.name: Supervised(spec, sink, on_change) for spec in specs}

    @property
    def troubles(self) -> dict[str, Trouble]:
        """Why processes do not work now, by their name."""
        found = {name: process.trouble for name, process in self.processes.items()}
        return {name: trouble for name, trouble in found.items() if trouble is not None}

    async def start(self) -> None:
        for process in self.processes.values():
            await process.start()

    async def stop(self) -> None:
        """Stop in reverse start order: a producer has ended before its consumers stop."""
        for process in reversed(self.processes.values()):
            await process.stop()

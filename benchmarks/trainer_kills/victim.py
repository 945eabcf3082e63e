"""Runs the trainer service in a separate process that is killed and restarted."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import httpx
import psutil  # type: ignore[import-untyped]

from ratchet.processes import signal_on_parent_death

Target = Literal["trainer", "child", "both"]
Stage = Literal[
    "at rest",
    "starting",
    "loading",
    "judging_champion",
    "training",
    "judging_challenger",
    "ending",
]
ORDER: tuple[Stage, ...] = get_args(Stage)
LONGEST_S: dict[Stage, float] = {
    "starting": 7.0,
    "loading": 3.0,
    "judging_champion": 4.0,
    "training": 8.0,
    "judging_challenger": 4.0,
    "ending": 3.0,
}
"""How deep into a stage a kill may come; the start is that of both processes."""
_LOOK_S, _GONE_S = 0.1, 10.0


class Victim:
    """`port` serves the service's status; `log` is its log file."""

    def __init__(self, environment: Mapping[str, str], port: int, log: Path) -> None:
        self._environment = environment
        self._url = f"http://127.0.0.1:{port}/status"
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._client = httpx.AsyncClient(timeout=1)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs the service from its first start to an orderly stop."""
        await self._start()
        try:
            yield
        finally:
            assert self._process is not None
            self._process.send_signal(signal.SIGTERM)
            await self._process.wait()
            await self._client.aclose()

    async def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "trainer",
                env={**os.environ, **self._environment},
                stdout=log,
                stderr=log,
                preexec_fn=partial(signal_on_parent_death, signal.SIGKILL),
            )

    def children(self) -> list[Any]:
        assert self._process is not None
        return list(psutil.Process(self._process.pid).children(recursive=True))

    async def kill(self, target: Target) -> Target:
        """Kill (-9) the target, or the trainer without a child; returns which, after a restart."""
        assert self._process is not None
        children = self.children()
        killed: Target = target if children else "trainer"
        if killed != "child":
            self._process.kill()
        if killed != "trainer":
            for child in children:
                child.kill()
        await asyncio.to_thread(psutil.wait_procs, children, _GONE_S)
        if killed != "child":
            await self._process.wait()
            await self._start()
        return killed

    async def stage(self) -> Stage:
        try:
            facts = (await self._client.get(self._url)).json()
        except httpx.HTTPError:
            return "starting"
        progress = facts["progress"]
        if facts["running"] is None:
            return "at rest"
        if progress is None or not self.children():
            return "ending" if progress and _is_last(progress) else "starting"
        return "ending" if _is_last(progress) else progress["stage"]

    async def reach(self, stage: Stage, for_s: float, deadline_s: float) -> Stage:
        """Wait until `stage` has lasted `for_s` or has passed; returns the current stage."""
        end = time.monotonic() + deadline_s
        entered: float | None = None
        while time.monotonic() < end:
            now = await self.stage()
            if now == stage:
                entered = entered or time.monotonic()
                if time.monotonic() - entered >= for_s:
                    return now
            elif entered is not None or ORDER.index(now) > ORDER.index(stage):
                return now
            await asyncio.sleep(_LOOK_S)
        raise TimeoutError(f"no run was {stage} within {deadline_s:.0f} s")


def _is_last(progress: Mapping[str, Any]) -> bool:
    judged = progress["stage"] == "judging_challenger"
    return bool(judged and 0 < progress["steps"] == progress["step"])

"""The embedded system as a person starts it: `ratchet up`, its processes and its disk."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fault_injection.machine_clock import MachineClock
from fault_injection.processes import children, ended, name_of, send_signal
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ratchet.contract import STREAMS
from ratchet_cli.embedded.processes import SERVICES, Embedded
from ratchet_testing.eventually import eventually

PROCESSES = ("valkey", *SERVICES)
_DISK_MIB = 1_500
_WELL_S = 180.0
_RATCHET = (sys.executable, "-c", "from ratchet_cli.app import main; main()")
_WITHOUT_TRAINING = {
    "RATCHET_RETRY_BASE_S": "1",
    "RATCHET_LOG_LEVEL": "warning",
    "RATCHET_TRAINER_BASE_MODEL": "smollm2-135m-instruct",
    "RATCHET_TRAINER_MIN_PAIRS": "1000000",
    "RATCHET_TRAINER_MIN_LABELS": "1000000",
    "RATCHET_TRAINER_MIN_DEMONSTRATIONS": "1000000",
    "RATCHET_EXPORTER_MODEL_NAME": "plant-model",
    "RATCHET_EXPORTER_OLLAMA_URL": "",
    "OMP_NUM_THREADS": "1",
}


@dataclass
class System:
    """`ratchet up` in `data_dir`, which is a disk of its own if `own_disk`."""

    data_dir: Path
    port: int
    log: Path
    own_disk: bool
    clock: MachineClock
    settings: Mapping[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    @property
    def embedded(self) -> Embedded:
        return Embedded(self.data_dir, self.port, {})

    @property
    def url(self) -> str:
        return self.embedded.url

    def redis(self) -> Redis:
        """A client that waits for a busy machine: a command is repeated for two minutes."""
        return Redis.from_url(
            self.embedded.redis_url,
            socket_timeout=30,
            retry=Retry(ExponentialBackoff(cap=2.0, base=0.1), retries=60),
            retry_on_error=[RedisConnectionError, RedisTimeoutError, BusyLoadingError],
        )

    async def start(self) -> None:
        """Start `ratchet up`; returns at once."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(*_RATCHET, "up"),
                *("--data-dir", str(self.data_dir), "--port", str(self.port)),
                stdout=log,
                stderr=log,
                env={**os.environ, **self.settings},
            )

    async def stop(self) -> None:
        """Ctrl-C; after a minute, and with what is left of it, kill -9."""
        process = self.process
        if process is None:
            return
        pids = self.pids()
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(process.wait(), 60)
            except TimeoutError:
                process.kill()
                await process.wait()
        for pid in pids.values():
            send_signal(pid, signal.SIGKILL)
        self.process = None

    def pids(self) -> dict[str, int]:
        """The running processes by name; those of a killed `ratchet up` are not included."""
        if self.process is None or self.process.returncode is not None:
            return {}
        found = {}
        for pid in children(self.process.pid):
            name = name_of(pid)
            if name is not None:
                found[name] = pid
        return found

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Whether the process of this name runs and got the signal."""
        pid = self.pids().get(name)
        return pid is not None and send_signal(pid, number)

    async def until_well(self) -> None:
        """Return when every service is ready and alive and no group has anything to do."""
        async with httpx.AsyncClient(timeout=3) as client:

            async def well() -> bool:
                return await self._responds(client) and await self._is_idle()

            await eventually(well, _WELL_S)

    async def _responds(self, client: httpx.AsyncClient) -> bool:
        for name in SERVICES:
            for path in ("readyz", "livez"):
                try:
                    url = f"http://127.0.0.1:{self.embedded.port_of(name)}/{path}"
                    answer = await client.get(url)
                except httpx.HTTPError:
                    return False
                if answer.status_code != 200:
                    return False
        return True

    async def _is_idle(self) -> bool:
        """Few entries wait while posts go on; none is in a group for long."""
        try:
            async with Redis.from_url(self.embedded.redis_url, socket_timeout=5) as redis:
                for stream in STREAMS:
                    if not await redis.exists(stream.key):
                        continue
                    for group in await redis.xinfo_groups(stream.key):
                        if (group["lag"] or 0) + group["pending"] > 100:
                            return False
        except (RedisError, OSError):
            return False
        return True

    def fill_disk(self, leave_kib: int) -> None:
        """Leave this many KiB; does nothing on a shared disk."""
        assert self.own_disk, "a disk that others use is not filled"
        # The services write at the same time, so what is free is looked up before each block.
        with suppress(OSError), (self.data_dir / "filler").open("wb", buffering=0) as filler:
            while (surplus := self._free_bytes() - leave_kib * 1024) > 0:
                filler.write(bytes(min(surplus, 1 << 20)))

    def _free_bytes(self) -> int:
        disk = os.statvfs(self.data_dir)
        return disk.f_bavail * disk.f_frsize

    def free_disk(self) -> None:
        (self.data_dir / "filler").unlink(missing_ok=True)

    async def command(self, *arguments: str, may_fail: bool = False) -> str:
        """The output of a `ratchet` command. Raises `RuntimeError` with it if it fails."""
        process = await asyncio.create_subprocess_exec(
            *(*_RATCHET, *arguments),
            *("--data-dir", str(self.data_dir)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 600)
        text = output.decode(errors="replace")
        if process.returncode and not may_fail:
            raise RuntimeError(f"ratchet {' '.join(arguments)}: {text.strip()}")
        return text


@asynccontextmanager
async def running(directory: Path, port: int, settings: Mapping[str, str]) -> AsyncIterator[System]:
    """The system, well; its data directory is a tmpfs where mounting is permitted."""
    data_dir = directory / "data"
    data_dir.mkdir(parents=True)
    options = ("-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs")
    own_disk = await ended("mount", *options, str(data_dir)) == 0
    clock = MachineClock(directory)
    together = {**_WITHOUT_TRAINING, **clock.environment, **settings}
    system = System(data_dir, port, directory / "up.log", own_disk, clock, together)
    try:
        await system.start()
        await system.until_well()
        yield system
    finally:
        await system.stop()
        if own_disk:
            await ended("umount", "--lazy", str(data_dir))

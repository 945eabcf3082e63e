"""Registers versions that the server lacks, for example after it was unavailable.

The active version comes first. The server's alias moves to a version that was registered late
only after it has answered like the trained model.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import ValidationError

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.registry.lag import ServerLag
from exporter.domain.registry.record import ModelRecord
from exporter.ports import Registry, RegistryError
from exporter.registry.alias import Alias
from exporter.registry.registration import RegistrationRefused, register_and_check
from ratchet.delivery import RetryPolicy
from ratchet.processes import every

_log = logging.getLogger(__name__)
_EVERY_S = 5.0


@dataclass
class RegistryReconciler:
    """A background task. `registering` is the lock that handlers hold while they register too.

    `on_lag` receives what the server lacks, after every attempt.
    """

    records: LocalRegistry
    server: Registry | None
    limits: dict[Quantization, ParityLimits]
    alias: Alias
    registering: asyncio.Lock
    retry: RetryPolicy
    on_lag: Callable[[ServerLag], None]
    clock: Callable[[], float] = time.monotonic
    _checked: set[str] = field(default_factory=set)
    _refused: dict[str, str] = field(default_factory=dict)
    _failures: int = 0
    _due: float = 0.0

    async def run(self) -> None:
        """Run until cancelled; logs errors of the registries and continues."""
        failure = "the registries differ"
        await every(_EVERY_S, self.reconcile, failure, (RegistryError, OSError))

    async def reconcile(self) -> None:
        """Register what the server lacks, then move its alias.

        Raises `RegistryError` or `OSError`.
        """
        await self.alias.synchronize(self.records, None)
        if self.server is None or not await self.server.available():
            return
        active = await self.records.active()
        if self.clock() >= self._due:
            await self._register_missing(self.server, active)
        if active in self._checked or active == await self.server.active():
            await self.alias.synchronize(self.records, self.server)

    async def _register_missing(self, server: Registry, active: str | None) -> None:
        missing: list[str] = []
        try:
            missing = await self._missing(server, active)
            self._report(missing)
            for version in tuple(missing):
                await self._register(server, version)
                missing.remove(version)
        except (RegistryError, OSError) as error:
            self._failures += 1
            wait_s = self.retry.wait_s(self._failures)
            self._due = self.clock() + wait_s
            self._report(missing, problem=str(error), wait_s=wait_s)
            raise
        self._failures = 0
        self._report(missing)

    async def _missing(self, server: Registry, active: str | None) -> list[str]:
        """The active version, then the others, newest first."""
        registered = set(await server.versions())
        # A kill between registering and checking leaves an unchecked version on the server: the
        # active one counts as missing until it is checked in this process or serves already.
        if await server.active() != active:
            registered -= {active} - self._checked
        versions = await self.records.versions()
        self._refused = {v: reason for v, reason in self._refused.items() if v in versions}
        missing = [v for v in versions if v not in registered and v not in self._refused]
        return sorted(missing, key=lambda version: (version == active, version), reverse=True)

    async def _register(self, server: Registry, version: str) -> None:
        async with self.registering:
            record = await self._read(version)
            if record is None:
                return
            outcome = await register_and_check(
                server, record, self.records.gguf(version), self.limits
            )
            if not isinstance(outcome, RegistrationRefused):
                self._checked.add(version)
                _log.warning("registered %s in %s", version, server.kind)
                return
            self._refuse(version, outcome.reason)
            if await server.active() != version:
                await server.remove(version)

    async def _read(self, version: str) -> ModelRecord | None:
        """None if the version was removed meanwhile, or its record cannot be read."""
        try:
            return await self.records.record(version)
        except ValidationError:
            self._refuse(version, "its manifest.json cannot be read")
            return None

    def _refuse(self, version: str, reason: str) -> None:
        """Give `version` up until the next start: the same bytes would be refused again."""
        _log.error("the server cannot serve %s: %s", version, reason)
        self._refused[version] = reason

    def _report(self, missing: list[str], problem: str | None = None, wait_s: float = 0.0) -> None:
        self.on_lag(ServerLag(tuple(missing), dict(self._refused), problem, wait_s))

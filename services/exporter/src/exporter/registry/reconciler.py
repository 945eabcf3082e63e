"""What was registered while the server was away is registered there when it is back.

The active version first; no alias of the server's moves to one that came late before it has
answered like the trained model.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import ValidationError

from exporter.domain.parity.quantization import Limits, Quantization
from exporter.domain.registry.lag import Lag
from exporter.domain.registry.record import ModelRecord
from exporter.ports import Records, Registry, RegistryTrouble
from exporter.registry.alias import Alias
from exporter.registry.registration import NotServed, serve
from ratchet.delivery import RetryPolicy

_log = logging.getLogger(__name__)
_EVERY_S = 5.0
_UNKNOWN_TEMPLATE = "no template of Ollama's is known to render chats as this model reads them"


@dataclass
class CatchingUp:
    """`registering` is held while a version goes in or out: a handler does that too.

    `on_lag` hears what the server lacks, after every look.
    """

    records: Records
    served_by: Registry | None
    limits: dict[Quantization, Limits]
    alias: Alias
    registering: asyncio.Lock
    retry: RetryPolicy
    on_lag: Callable[[Lag], None]
    clock: Callable[[], float] = time.monotonic
    _answered: set[str] = field(default_factory=set)
    _refused: dict[str, str] = field(default_factory=dict)
    _failures: int = 0
    _due: float = 0.0

    async def run(self) -> None:
        """Work until cancelled; trouble is logged and waited out."""
        while True:
            try:
                await self.once()
            except (RegistryTrouble, OSError) as error:
                _log.warning("the registries do not agree yet: %s", error)
            await asyncio.sleep(_EVERY_S)

    async def once(self) -> None:
        """Bring what the server lacks, then let the aliases agree; raises as registries do."""
        await self.alias.agree(self.records, None)
        if self.served_by is None or not await self.served_by.available():
            return
        active = await self.records.active()
        if self.clock() >= self._due:
            await self._bring_all(self.served_by, active)
        if active in self._answered or active == await self.served_by.active():
            await self.alias.agree(self.records, self.served_by)

    async def _bring_all(self, server: Registry, active: str | None) -> None:
        missing: list[str] = []
        try:
            missing = await self._missing(server, active)
            self._tell(missing)
            for version in tuple(missing):
                await self._bring(server, version)
                missing.remove(version)
        except (RegistryTrouble, OSError) as error:
            self._failures += 1
            wait_s = self.retry.wait_s(self._failures)
            self._due = self.clock() + wait_s
            self._tell(missing, trouble=str(error), wait_s=wait_s)
            raise
        self._failures = 0
        self._tell(missing)

    async def _missing(self, server: Registry, active: str | None) -> list[str]:
        """Newest first behind the active one, which counts until it has answered."""
        there = set(await server.versions())
        if await server.active() != active:
            there -= {active} - self._answered
        registered = await self.records.versions()
        self._refused = {v: why for v, why in self._refused.items() if v in registered}
        lacking = [v for v in registered if v not in there and v not in self._refused]
        return sorted(lacking, key=lambda version: (version == active, version), reverse=True)

    async def _bring(self, server: Registry, version: str) -> None:
        async with self.registering:
            record = await self._read(version)
            if record is None:
                return
            if record.export.modelfile.template is None:
                self._refuse(version, _UNKNOWN_TEMPLATE)
                return
            outcome = await serve(server, record, self.records.gguf(version), self.limits)
            if not isinstance(outcome, NotServed):
                self._answered.add(version)
                _log.warning("%s has %s now", server.kind, version)
                return
            self._refuse(version, outcome.reason)
            if await server.active() != version:
                await server.remove(version)

    async def _read(self, version: str) -> ModelRecord | None:
        """None where it was removed meanwhile, or its record cannot be read any more."""
        try:
            return await self.records.record(version)
        except ValidationError:
            self._refuse(version, "its manifest.json cannot be read")
            return None

    def _refuse(self, version: str, reason: str) -> None:
        """For as long as this process runs: the same bytes would be refused again."""
        _log.error("the server does not get %s: %s", version, reason)
        self._refused[version] = reason

    def _tell(self, missing: list[str], trouble: str | None = None, wait_s: float = 0.0) -> None:
        self.on_lag(Lag(tuple(missing), dict(self._refused), trouble, wait_s))

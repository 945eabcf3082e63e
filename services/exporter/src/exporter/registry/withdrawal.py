"""Takes the active version out of service if the server of the alias serves it wrongly."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.registry.alias_history import Move
from exporter.domain.registry.record import ModelRecord
from exporter.metrics import ExporterMetrics
from exporter.ports import Registry, RegistryError
from exporter.registry.alias import Alias
from exporter.registry.retention import VersionRetention
from ratchet.contract import (
    ModelRefused,
    ModelRolledBack,
    RegistryKind,
    ServedParity,
    derived_id,
    utc_now,
)
from ratchet.delivery import Publisher

_log = logging.getLogger(__name__)
_SERVED_WRONGLY = "served wrongly"


class _Finding(NamedTuple):
    reason: str
    parity: ServedParity | None = None
    moved: tuple[RegistryKind, ...] = ()


@dataclass(frozen=True)
class Withdrawal:
    """Moves the alias back, publishes why, and refuses a version that never served before.

    The journal shows the move, and the ids of the events derive from it: what is left to do after
    an error or a kill, `finish` does. `registering` is held while versions are removed.
    """

    name: str
    records: LocalRegistry
    server: Registry | None
    alias: Alias
    registering: asyncio.Lock
    retention: VersionRetention
    publisher: Publisher
    metrics: ExporterMetrics
    _found: dict[str, _Finding] = field(default_factory=dict)

    async def withdraw(self, version: str, back_to: str, parity: ServedParity, reason: str) -> None:
        """Does nothing if the alias has moved from `version` meanwhile.

        Raises `OSError` and redis-py's errors.
        """
        async with self.registering, self.alias.lock:
            moves = await self.alias.moves(self.records)
            if not moves or moves[-1].version != version:
                return
            move = Move(
                cause=derived_id(moves[-1].cause, _SERVED_WRONGLY),
                at=utc_now(),
                version=back_to,
                previous=version,
                back=True,
            )
            registries = await self._registries()
            moved = await self.alias.carry_out(move, registries)
            _log.error("%s is active again: %s", back_to, reason)
            self._found[move.cause] = _Finding(reason, parity, moved)
            await self._finish((*moves, move), registries)

    async def finish(self) -> None:
        """Publish and remove what an interrupted `withdraw` has not; raises as it does."""
        async with self.registering, self.alias.lock:
            moves = await self.alias.moves(self.records)
            if len(moves) > 1 and moves[-1].cause == derived_id(moves[-2].cause, _SERVED_WRONGLY):
                await self._finish(moves, await self._registries())

    async def _registries(self) -> list[Registry]:
        if self.server is not None and await self.server.available():
            return [self.records, self.server]
        return [self.records]

    async def _finish(self, moves: Sequence[Move], registries: Sequence[Registry]) -> None:
        *before, failed, move = moves
        generic = _Finding(f"the server does not answer as {failed.version}")
        reason, parity, moved = self._found.get(move.cause, generic)
        facts: dict[str, Any] = {
            "occurred_at": move.at,
            "caused_by": move.cause,
            "reason": reason,
        }
        events: list[ModelRolledBack | ModelRefused] = [
            ModelRolledBack(
                event_id=derived_id(move.cause, "moved"),
                name=self.name,
                version=move.version,
                previous=failed.version,
                requested_by="exporter",
                registries=moved,
                **facts,
            )
        ]
        # A version that was in service before stays: an operator chose it, and may do so again.
        served_before = any(one.version == failed.version for one in before)
        record = None if served_before else await self.records.readable_record(failed.version)
        if record is not None:
            refused = derived_id(move.cause, "refused")
            events.append(
                ModelRefused(event_id=refused, run_id=record.run_id, served=parity, **facts)
            )
        new = await self.publisher.publish(events, named={event.event_id for event in events})
        if new and record is not None:
            self.metrics.exports.labels("refused").inc()
            await self._remove(record, registries)

    async def _remove(self, record: ModelRecord, registries: Sequence[Registry]) -> None:
        await self.retention.discard(record)
        for registry in registries:
            with suppress(RegistryError):
                if await registry.active() != record.version:
                    await registry.remove(record.version)

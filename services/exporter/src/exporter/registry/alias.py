"""The alias: its journal decides which version is active, every registry follows."""

import asyncio
import logging
from collections.abc import Sequence

from exporter.domain.registry.alias_history import Move
from exporter.ports import Journal, Records, Registry, RegistryKind, RegistryTrouble
from ratchet.contract import utc_now

_log = logging.getLogger(__name__)


class Alias:
    """`turn` is held from the look at the history to the last alias: one move at a time."""

    def __init__(self, journal: Journal) -> None:
        self.turn = asyncio.Lock()
        self._journal = journal

    async def moves(self, records: Registry) -> tuple[Move, ...]:
        """All moves in order.

        Where the alias of `records` was set by other hands, that becomes the last one; not where
        it stands at the start of a journalled move, which a kill left undone.
        """
        moves = self._journal.read()
        found = await records.active()
        last = moves[-1] if moves else None
        if found is None or (last is not None and found in (last.version, last.previous)):
            return moves
        previous = last.version if last else None
        self._journal.append(Move(cause="by hand", at=utc_now(), version=found, previous=previous))
        return self._journal.read()

    async def carry_out(
        self, move: Move, registries: Sequence[Registry]
    ) -> tuple[RegistryKind, ...]:
        """Journal `move` and let `registries` make it; returns those that did.

        A move that is in the journal already is made again only if none came after it. A
        registry in trouble follows by `agree`.
        """
        moves = self._journal.read()
        if move not in moves:
            self._journal.append(move)
        elif move != moves[-1]:
            return ()
        moved: list[RegistryKind] = []
        for registry in registries:
            try:
                await registry.move_alias(move.version)
            except RegistryTrouble as error:
                _log.warning("%s follows later: %s", registry.kind, error)
            else:
                moved.append(registry.kind)
        _log.info("%s serves, in place of %s", move.version, move.previous)
        return tuple(moved)

    async def agree(self, records: Records, served_by: Registry | None) -> None:
        """Point every registry that answers, and has the active version, to it."""
        answering: list[Registry] = [records]
        if served_by is not None and await served_by.available():
            answering.append(served_by)
        async with self.turn:
            moves = await self.moves(records)
            for registry in answering if moves else ():
                version = moves[-1].version
                active = await registry.active()
                if active != version and version in await registry.versions():
                    await registry.move_alias(version)
                    _log.warning("%s served %s; it follows to %s", registry.kind, active, version)

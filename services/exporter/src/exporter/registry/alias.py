"""The alias: the journal decides which version is active, every registry follows."""

import asyncio
import logging
from collections.abc import Sequence

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.registry.alias_history import Move
from exporter.ports import Registry, RegistryError
from ratchet.contract import RegistryKind, utc_now

_log = logging.getLogger(__name__)


class Alias:
    """Moves the alias one move at a time.

    Hold `lock` from reading the history until the last registry's alias has moved: two moves that
    both read the same history would journal the same `previous`.
    """

    def __init__(self, journal: ActivationJournal) -> None:
        self.lock = asyncio.Lock()
        self._journal = journal

    async def moves(self, records: LocalRegistry) -> tuple[Move, ...]:
        """All moves in order.

        If the alias of `records` was set manually, that is added as the last move.
        """
        moves = self._journal.read()
        active = await records.active()
        last = moves[-1] if moves else None
        # An alias that still points to `last.previous` was not set manually: the process was
        # killed between journalling the move and moving the link.
        if active is None or (last is not None and active in (last.version, last.previous)):
            return moves
        previous = last.version if last else None
        self._journal.append(Move(cause="by hand", at=utc_now(), version=active, previous=previous))
        return self._journal.read()

    async def carry_out(
        self, move: Move, registries: Sequence[Registry]
    ) -> tuple[RegistryKind, ...]:
        """Journal `move`, then move the alias in `registries`; returns those that succeeded.

        A registry that fails is brought up to date by `synchronize`.
        """
        # The journal is written first: after a kill it says which alias is right, and a
        # redelivery repeats the move. A move that others have followed is not repeated, because
        # that would undo them.
        moves = self._journal.read()
        if move not in moves:
            self._journal.append(move)
        elif move != moves[-1]:
            return ()
        moved: list[RegistryKind] = []
        for registry in registries:
            try:
                await registry.move_alias(move.version)
            except RegistryError as error:
                _log.warning("the alias in %s is not moved yet: %s", registry.kind, error)
            else:
                moved.append(registry.kind)
        _log.info("the alias moved from %s to %s", move.previous, move.version)
        return tuple(moved)

    async def synchronize(self, records: LocalRegistry, server: Registry | None) -> None:
        """Move the alias of every available registry that has the active version to it."""
        registries: list[Registry] = [records]
        if server is not None and await server.available():
            registries.append(server)
        async with self.lock:
            moves = await self.moves(records)
            for registry in registries if moves else ():
                version = moves[-1].version
                active = await registry.active()
                if version not in await registry.versions():
                    continue
                # Where it is already, a server that reads the directory is told so once.
                if active != version or registry is records:
                    await registry.move_alias(version)
                if active != version:
                    _log.warning(
                        "moved the alias in %s from %s to %s", registry.kind, active, version
                    )

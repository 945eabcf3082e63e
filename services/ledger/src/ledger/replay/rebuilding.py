"""Fills a ledger that began empty from archive and streams, while the service runs."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore, CorruptArchive
from ledger.backends.damage_mark import DamageMark
from ledger.replay.ledger_replay import restore_ledger
from ratchet.processes import every
from ratchet.storage.sqlite import Damaged

_log = logging.getLogger(__name__)
_PERIOD_S = 10.0
_CHECK_S = 1.0


@dataclass
class LedgerRebuilding:
    """`problem` is why the ledger is incomplete, or None.

    `mark` is a file that exists until the rebuild is complete, so that a killed one begins again.
    """

    redis: Redis
    store: ArchiveStore
    url: str
    mark: Path
    window_days: int
    problem: str | None = None

    async def end_when_damaged(self) -> NoReturn:
        """End the service soon after a process met damage: its next start replaces the file."""
        damage = DamageMark(self.url)

        async def check() -> None:
            if damage.is_set:
                raise Damaged(f"{damage.database} is damaged: the next start rebuilds it")

        await every(_CHECK_S, check, "the database is damaged", errors=())

    def request(self) -> None:
        """Rebuild at the next start of `run`, whatever happens to this process until then."""
        self.mark.parent.mkdir(parents=True, exist_ok=True)
        self.mark.touch()

    async def run(self) -> None:
        """Run until cancelled; a problem is retried."""
        errors = (OSError, CorruptArchive)
        await every(_PERIOD_S, self._turn, "the ledger is incomplete", errors, self._report)

    async def _turn(self) -> None:
        if not self.mark.exists():
            return
        self.problem = "being rebuilt from archive and streams"
        added = await restore_ledger(self.redis, self.store, self.url, self.window_days)
        self.mark.unlink()
        if added:
            _log.warning("the ledger is rebuilt from archive and streams: %d events", added)

    def _report(self, problem: str | None) -> None:
        self.problem = f"incomplete: {problem}" if problem else None

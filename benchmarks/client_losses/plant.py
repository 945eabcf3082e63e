"""A running intake and ledger for clients, and what they recorded."""

import os
import signal
from collections import Counter
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from http_load.process import INTAKE, Server, server
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, FEEDBACK, Stream
from ratchet.delivery import group_positions
from ratchet_testing.eventually import eventually
from ratchet_testing.running_intake import events

LEDGER = ("-m", "ledger")
_LEDGER_WITHIN_S = 60


async def ids_in(redis: Redis, stream: Stream) -> Counter[str]:
    """How often each query id is in the stream."""
    found: Counter[str] = Counter()
    for event in await events(redis, stream):
        found[(event.experience if stream is EXPERIENCES else event.feedback).query_id] += 1
    return found


@dataclass
class Plant:
    """A running intake with its ledger, and their Redis."""

    redis: Redis
    intake: Server

    async def not_shown(self, ids: Set[str], rated: str | None = None) -> int:
        """How many of `ids` the HTTP API does not show, with the rating `rated` if given.

        Waits until the ledger has them, for a limited time.
        """
        missing = len(ids)
        with suppress(TimeoutError):
            await eventually(self._is_in_the_ledger, _LEDGER_WITHIN_S, 0.1)

        async def all_shown() -> bool:
            nonlocal missing
            shown = {row["query_id"]: row["rating"] for row in await self._listed()}
            rating = {one for one in ids & shown.keys() if rated is None or shown[one] == rated}
            missing = len(ids - rating)
            return not missing

        with suppress(TimeoutError):
            await eventually(all_shown, _LEDGER_WITHIN_S, 0.3)
        return missing

    async def _is_in_the_ledger(self) -> bool:
        """Asks Redis, as a list of all answers is much work for the intake."""
        groups = [
            group
            for stream in (EXPERIENCES, FEEDBACK)
            for group in await group_positions(self.redis, stream)
        ]
        return not any(group.lag or group.pending for group in groups)

    async def _listed(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        after: str | None = None
        async with httpx.AsyncClient(base_url=self.intake.url, timeout=30) as http:
            while True:
                query = {"limit": "1000", **({"after": after} if after else {})}
                answer = await http.get("/v1/experiences", params=query)
                if answer.status_code == 503:
                    return []
                page = answer.raise_for_status().json()
                rows += page["items"]
                after = page.get("next")
                if not after:
                    return rows


@contextmanager
def running_plant(redis: Redis, url: str, data_dir: Path, **settings: str) -> Iterator[Plant]:
    with server(INTAKE, url, data_dir, **settings) as intake, server(LEDGER, url, data_dir):
        yield Plant(redis, intake)


def kill(process: Server) -> None:
    os.kill(process.pid, signal.SIGKILL)

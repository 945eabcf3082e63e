"""Posts the simulator's items without a break, and counts the answers."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from ratchet.contract import derived_id
from simulator import Turn, simulate
from simulator.turn import Call, timeline

_START = datetime(2026, 1, 5, 6, tzinfo=UTC)
_SENDERS = 8
_PAUSE_S = 0.5


@dataclass
class Item:
    """One item of the load. `answered` once it got 202; `attempts` counts its requests."""

    event_id: str
    call: Call
    answered: bool = False
    attempts: int = 0


@dataclass
class Load:
    """Sends `rate` new items a second to `url`; an item is repeated until it is answered.

    `seen` counts the answers since `restart_count`, by status or kind of failure; `per_second`
    counts the 202 of every second since the start.
    """

    url: str
    rate: float
    seed: int
    items: list[Item] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    per_second: Counter[int] = field(default_factory=Counter)
    _began: float = field(default_factory=time.monotonic)

    def restart_count(self) -> int:
        """Forget `seen`; returns the current second."""
        self.seen = Counter()
        return self.second()

    def second(self) -> int:
        return int(time.monotonic() - self._began)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`, then until every item that was sent is answered."""
        waiting: asyncio.Queue[Item | None] = asyncio.Queue(maxsize=_SENDERS)
        limits = httpx.Limits(max_connections=_SENDERS)
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=10, limits=limits) as client,
            asyncio.TaskGroup() as together,
        ):
            for _ in range(_SENDERS):
                together.create_task(self._send_items(client, waiting))
            for number, item in enumerate(self._items()):
                if stop.is_set():
                    break
                await asyncio.sleep(max(0.0, self._began + number / self.rate - time.monotonic()))
                self.items.append(item)
                await waiting.put(item)
            for _ in range(_SENDERS):
                await waiting.put(None)

    def _items(self) -> Iterator[Item]:
        """Turns in blocks, each a week after the one before."""
        for block in itertools.count():
            start = _START + timedelta(days=7 * (block % 40))
            turns = list(simulate(self.seed * 1_000 + block, questions=100, start=start))
            self.turns += turns
            for number, call in enumerate(timeline(turns)):
                yield Item(derived_id("fault", f"{self.seed} {block} {number}"), call)

    async def _send_items(
        self, client: httpx.AsyncClient, waiting: asyncio.Queue[Item | None]
    ) -> None:
        while (item := await waiting.get()) is not None:
            body = {
                **item.call.body,
                "event_id": item.event_id,
                "occurred_at": item.call.at.isoformat(),
            }
            while not item.answered:
                item.attempts += 1
                outcome = await self._post(client, item.call.path, body)
                self.seen[outcome] += 1
                if outcome == "202":
                    item.answered = True
                    self.per_second[self.second()] += 1
                else:
                    assert outcome[0] != "4" or outcome in ("408", "429"), (outcome, body)
                    await asyncio.sleep(_PAUSE_S)

    async def _post(self, client: httpx.AsyncClient, path: str, body: object) -> str:
        try:
            return str((await client.post(path, json=body)).status_code)
        except httpx.TimeoutException:
            return "no answer"
        except httpx.TransportError:
            return "no connection"

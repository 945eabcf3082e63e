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
    """One item of the load. `answered` once it got 202; `refused` if it got another answer."""

    event_id: str
    call: Call
    answered: bool = False
    refused: str = ""

    @property
    def body(self) -> dict[str, object]:
        at = self.call.at.isoformat()
        return {**self.call.body, "event_id": self.event_id, "occurred_at": at}


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

    async def send(self, *items: Item) -> None:
        """Send further items, or some of `items` again; returns when they are answered."""
        known = {item.event_id for item in self.items}
        self.items += [item for item in items if item.event_id not in known]
        async with httpx.AsyncClient(base_url=self.url, timeout=10) as client:
            for item in items:
                item.answered = False
                await self._send(client, item)

    async def _send_items(
        self, client: httpx.AsyncClient, waiting: asyncio.Queue[Item | None]
    ) -> None:
        while (item := await waiting.get()) is not None:
            await self._send(client, item)

    async def _send(self, client: httpx.AsyncClient, item: Item) -> None:
        while not item.answered:
            outcome = await self._post(client, item.call.path, item.body)
            self.seen[outcome] += 1
            if outcome == "202":
                item.answered = True
                self.per_second[self.second()] += 1
            elif outcome[0] == "4" and outcome not in ("408", "429"):
                item.refused = outcome
                return
            else:
                await asyncio.sleep(_PAUSE_S)

    async def _post(self, client: httpx.AsyncClient, path: str, body: object) -> str:
        try:
            return str((await client.post(path, json=body)).status_code)
        except httpx.TimeoutException:
            return "no answer"
        except httpx.TransportError:
            return "no connection"

"""Applications that call their model through the gateway, and what became of their calls."""

import asyncio
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from gateway_load.applications import Call, call
from redis.asyncio import Redis

from ratchet.contract import CALLS
from ratchet.delivery import DATA_FIELD, unwrap
from ratchet_testing.eventually import eventually

_APPLICATIONS, _PAUSE_S = 4, 1.0
_LOST = re.compile(r"^ratchet_gateway_lost_calls_total(?:{.*})? (\S+)$", re.MULTILINE)
_WAITING = re.compile(r"^ratchet_gateway_spool_bytes (\S+)$", re.MULTILINE)
_CALL_ID = re.compile(rb'"call_id":"([^"]+)"')


@dataclass(frozen=True)
class CallFindings:
    """`lost` calls were answered, and have no record; the gateway `counted` at least so many.

    `gone` are lost with a damaged file or an older Redis, as the documentation states.
    """

    calls: int = 0
    whole: int = 0
    altered: int = 0
    doubled: int = 0
    lost: int = 0
    counted: int = 0
    gone: int = 0

    @property
    def right(self) -> bool:
        return self.altered == self.doubled == 0 and self.lost <= self.counted

    def __str__(self) -> str:
        return (
            f"calls through the gateway {self.calls}, {self.whole} with a whole answer; "
            f"altered {self.altered}, recorded twice {self.doubled}, without a record {self.lost} "
            f"(counted {self.counted}), gone with a damaged file or an older Redis {self.gone}"
        )


@dataclass
class ApplicationCalls:
    """`gone` are the calls whose record a fault destroyed; `counted_before` were counted in files
    that a fault destroyed.
    """

    port: int
    answered: list[Call] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    counted_before: float = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        await asyncio.gather(*(self._ask(stop) for _ in range(_APPLICATIONS)))

    async def _ask(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with suppress(OSError, TimeoutError):
                self.answered.append(await asyncio.wait_for(call(self.port), 60))
            await asyncio.sleep(_PAUSE_S)

    async def counted(self) -> float:
        """How many lost calls the gateway counted, in its lifetime."""
        return sum(map(float, _LOST.findall(await self._metrics())))

    async def note_gone(self, redis: Redis) -> None:
        """An older Redis came back: what has no record now is gone."""
        await self._until_published()
        self.gone |= self._ids() - (await _recorded(redis)).keys()

    async def audit(self, redis: Redis) -> CallFindings:
        """Call it when no application calls any more."""
        await self._until_published()
        recorded = await _recorded(redis)
        return CallFindings(
            calls=len(self.answered),
            whole=sum(one.whole for one in self.answered),
            altered=sum(one.altered for one in self.answered),
            doubled=sum(count > 1 for count in recorded.values()),
            lost=len(self._ids() - recorded.keys() - self.gone),
            counted=int(self.counted_before + await self.counted()),
            gone=len(self.gone),
        )

    def _ids(self) -> set[str]:
        return {one.call_id for one in self.answered if one.call_id}

    async def _until_published(self) -> None:
        async def published() -> bool:
            with suppress(httpx.HTTPError):
                return _WAITING.findall(await self._metrics()) == ["0.0"]
            return False

        with suppress(TimeoutError):
            await eventually(published, 60, pause_s=0.3)

    async def _metrics(self) -> str:
        async with httpx.AsyncClient(timeout=20) as client:
            return (await client.get(f"http://127.0.0.1:{self.port}/metrics")).text


def ids_in(spool: bytes) -> set[str]:
    """The calls of a file of the spool."""
    lines = (line.split(b" ", 2) for line in spool.splitlines())
    return {parts[1].decode() for parts in lines if len(parts) > 1}


async def _recorded(redis: Redis) -> Counter[str]:
    """How often each call is recorded."""
    counts: Counter[str] = Counter()
    start: bytes | str = "-"
    while page := await redis.xrange(CALLS.key, start, count=200):
        for _, fields in page:
            data = unwrap(fields.get(DATA_FIELD.encode(), b""))
            counts.update(found.decode() for found in _CALL_ID.findall(data)[:1])
        start = b"(" + page[-1][0]
    return counts

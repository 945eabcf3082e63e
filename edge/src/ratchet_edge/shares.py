"""What one client may take of what all share: calls and bytes a minute, and memory for bodies."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from ratchet_edge.clients import Client

_MINUTE_S = 60.0
_MOST_CLIENTS = 10_000


@dataclass(frozen=True)
class Exceeded:
    """The limit that a client, or all together, exceeded; `wait_s` is when to send again."""

    status: int
    message: str
    wait_s: int

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.wait_s)}


class NoRoom(Exception):
    """Bodies in progress take their whole memory; `exceeded` states whose."""

    def __init__(self, exceeded: Exceeded) -> None:
        super().__init__(exceeded.message)
        self.exceeded = exceeded


class PerMinute:
    """An amount a minute for each client, all of which it may take at once.

    Of each client one time is known: until when its amount is used up. A charge may exceed what is
    left, and the client then waits longer.
    """

    def __init__(self) -> None:
        self._used_until: dict[str, float] = {}

    def charge(self, client: str, amount: float, per_minute: float, now: float) -> None:
        used_until = self._used_until.get(client)
        if used_until is None and len(self._used_until) >= _MOST_CLIENTS:
            self._used_until = {one: end for one, end in self._used_until.items() if end > now}
        if used_until is None or used_until < now:
            used_until = now
        self._used_until[client] = used_until + amount * _MINUTE_S / per_minute

    def wait_s(self, client: str, now: float) -> int:
        """Whole seconds until the client has something left; 0 if it has."""
        left = self._used_until.get(client, now) - now - _MINUTE_S
        return ceil(left) if left > 0 else 0


class ClientRates:
    """The calls and bytes a minute of each client; a key may have more calls than others."""

    def __init__(self, calls: int, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_calls, self._most_bytes = calls, size
        self._calls, self._bytes = PerMinute(), PerMinute()
        self._clock = clock

    def count(self, client: Client) -> Exceeded | None:
        """Counts a call, unless the client is beyond one of its limits."""
        now, share, most = self._clock(), client.share, self._most_calls
        if client.key is not None and client.key.per_minute is not None:
            most = max(most, client.key.per_minute)
        if wait_s := self._calls.wait_s(share, now):
            return self._exceeded(f"{most} calls", wait_s)
        if wait_s := self._bytes.wait_s(share, now):
            return self._exceeded(f"{self._most_bytes} bytes", wait_s)
        self._calls.charge(share, 1, most, now)
        return None

    def charge(self, client: Client, size: int) -> None:
        self._bytes.charge(client.share, size, self._most_bytes, self._clock())

    def _exceeded(self, what: str, wait_s: int) -> Exceeded:
        return Exceeded(429, f"at most {what} a minute; send the next in {wait_s} s", wait_s)


class BufferedBytes:
    """The bytes of the bodies that are in memory, at most `most`, and half of it for one client."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: Counter[str] = Counter()
        self._all = 0

    def take(self, client: str, size: int) -> None:
        """Raises `NoRoom`; what was taken remains to be returned."""
        self._of[client] += size
        self._all += size
        if 2 * self._of[client] > self._most:
            message = f"at most {self._most // 2} bytes of requests in progress; send again in 1 s"
            raise NoRoom(Exceeded(429, message, 1))
        if self._all > self._most:
            message = "too many large requests are in progress; send this one again in 1 s"
            raise NoRoom(Exceeded(503, message, 1))

    def give_back(self, client: str, size: int) -> None:
        self._all -= size
        self._of[client] -= size
        if not self._of[client]:
            del self._of[client]

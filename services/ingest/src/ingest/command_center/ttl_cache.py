"""A cache of the last value, for many clients that request the same within a moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TtlCache(Generic[K, V]):
    """Keeps the last value of `make` for `ttl_s`; one call of `make` runs at a time."""

    def __init__(self, make: Callable[[K], Awaitable[V]], ttl_s: float) -> None:
        self._make = make
        self._ttl_s = ttl_s
        self._lock = asyncio.Lock()
        self._last: tuple[K, V, float] | None = None

    async def get(self, key: K) -> tuple[V, float]:
        """The value, and its age in seconds."""
        async with self._lock:
            if self._last is not None:
                known, value, made_at = self._last
                age_s = time.monotonic() - made_at
                if known == key and age_s < self._ttl_s:
                    return value, age_s
            value = await self._make(key)
            self._last = key, value, time.monotonic()
            return value, 0.0

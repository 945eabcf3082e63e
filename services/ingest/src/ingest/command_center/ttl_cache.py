"""One answer for all who ask the same within a moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers the last answer of `make` for `for_s`, and makes one at a time."""

    def __init__(self, make: Callable[[K], Awaitable[V]], for_s: float) -> None:
        self._make = make
        self._for_s = for_s
        self._turn = asyncio.Lock()
        self._kept: tuple[K, V, float] | None = None

    async def get(self, key: K) -> tuple[V, float]:
        """The answer, and its age in seconds."""
        async with self._turn:
            if self._kept is not None:
                known, value, made_at = self._kept
                age_s = time.monotonic() - made_at
                if known == key and age_s < self._for_s:
                    return value, age_s
            value = await self._make(key)
            self._kept = key, value, time.monotonic()
            return value, 0.0

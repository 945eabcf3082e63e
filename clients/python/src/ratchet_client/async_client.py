"""The asynchronous face of the client."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import httpx

from ratchet_client.http_calls import (
    connection,
    model_of,
    problem_of,
    rank_request,
    ranking_of,
)
from ratchet_client.ranking import Candidate, ModelInService, NoModelAnswer, WidgetRanking
from ratchet_client.recorder import EventRecorder

_FLUSH_S = 10.0


class AsyncRatchet(EventRecorder):
    """`Ratchet` for asyncio. `record`, `feedback` and `correct` never wait and are not awaited."""

    _calls: httpx.AsyncClient | None = None

    async def rank(
        self,
        transcript: str,
        candidates: Sequence[Candidate],
        *,
        limit: int | None = None,
        timeout_s: float = 0.5,
        **more: object,
    ) -> WidgetRanking:
        """As `Ratchet.rank`."""
        body = rank_request(transcript, candidates, limit, more)
        response: httpx.Response | Exception
        try:
            response = await self._calling().post("/v1/rank", json=body, timeout=timeout_s)
        except (httpx.HTTPError, OSError, TypeError, ValueError) as error:
            response = error
        return ranking_of(response, candidates, limit)

    async def model(self) -> ModelInService | None:
        """As `Ratchet.model`."""
        try:
            return model_of(await self._calling().get("/v1/model"))
        except (httpx.HTTPError, OSError) as error:
            raise NoModelAnswer(problem_of(error)) from error

    async def flush(self, timeout_s: float = _FLUSH_S) -> bool:
        """As `Ratchet.flush`."""
        return await asyncio.to_thread(self._flush, timeout_s)

    async def close(self, timeout_s: float = _FLUSH_S) -> None:
        """As `Ratchet.close`."""
        await asyncio.to_thread(self._close, timeout_s)
        if self._calls is not None:
            await self._calls.aclose()
            self._calls = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _begin_in_child(self) -> None:
        super()._begin_in_child()
        self._calls = None

    def _calling(self) -> httpx.AsyncClient:
        if self._calls is None:
            self._calls = httpx.AsyncClient(**connection(self._url, self._key))
        return self._calls

"""The synchronous face of the client."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import httpx

from ratchet_client.http_calls import model_of, problem_of, rank_request, ranking_of
from ratchet_client.ranking import Candidate, ModelInService, NoModelAnswer, WidgetRanking
from ratchet_client.recorder import EventRecorder

_FLUSH_S = 10.0


class Ratchet(EventRecorder):
    """Sends answers and feedback to Ratchet in the background. Used by any number of threads."""

    def rank(
        self,
        transcript: str,
        candidates: Sequence[Candidate],
        *,
        limit: int | None = None,
        timeout_s: float = 0.5,
        **more: object,
    ) -> WidgetRanking:
        """Which widgets to show: the order of `candidates` as given if there is no answer in time.

        `more` are `intent` and `user_id`. Send the `decision_id` with the experience.
        """
        body = rank_request(transcript, candidates, limit, more)
        response: httpx.Response | Exception
        try:
            response = self._connected().post("/v1/rank", json=body, timeout=timeout_s)
        except (httpx.HTTPError, OSError, TypeError, ValueError) as error:
            response = error
        return ranking_of(response, candidates, limit)

    def model(self) -> ModelInService | None:
        """The active version, None if there is none; raises `NoModelAnswer`. Needs `read`."""
        try:
            return model_of(self._connected().get("/v1/model"))
        except (httpx.HTTPError, OSError) as error:
            raise NoModelAnswer(problem_of(error)) from error

    def flush(self, timeout_s: float = _FLUSH_S) -> bool:
        """Send what waits; returns whether all of it was settled within the time."""
        return self._flush(timeout_s)

    def close(self, timeout_s: float = _FLUSH_S) -> None:
        """Flush, then end. What is still unsent is sent by the next process with this spool."""
        self._close(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

"""Asks a service for its `/livez` and `/readyz`, as orchestrators do."""

import time
from dataclasses import dataclass, field

import httpx

ANSWER_LIMIT_S = 30.0
"""How long a service may not answer, or answer that it needs a restart: as in k8s/base."""
START_LIMIT_S = 300.0
_ASK_LIMIT_S = 5.0
_SURE_AFTER = 3
"""Asks in a row: after a pause of the machine the first one may fail."""


@dataclass
class Health:
    """The health of one process; create it when the process starts.

    `problem` is why it does not work now, None while it is ready; both hold once it has `answered`.
    `dead` is why it has to be ended.
    """

    url: str
    answer_limit_s: float = ANSWER_LIMIT_S
    start_limit_s: float = START_LIMIT_S
    answered: bool = False
    problem: str | None = None
    dead: str | None = None
    _last_good: float = field(default_factory=time.monotonic)
    _failures: int = 0

    async def ask(self, client: httpx.AsyncClient) -> None:
        """Ask once and update the fields; takes `_ASK_LIMIT_S` at most for each of two calls."""
        sick = await self._problem_of(client, "livez")
        if sick is None:
            self._last_good, self._failures, self.answered = time.monotonic(), 0, True
            self.problem = await self._problem_of(client, "readyz")
            return
        self._failures += 1
        self.problem = sick
        silent_s = time.monotonic() - self._last_good
        limit_s = self.answer_limit_s if self.answered else self.start_limit_s
        if silent_s > limit_s and self._failures >= _SURE_AFTER:
            self.dead = f"{sick}, for {silent_s:.0f} s"

    async def _problem_of(self, client: httpx.AsyncClient, path: str) -> str | None:
        try:
            response = await client.get(f"{self.url}/{path}", timeout=_ASK_LIMIT_S)
            if response.status_code == httpx.codes.OK:
                return None
            return str(response.json()["problem"])
        except httpx.TimeoutException:
            return f"it does not answer within {_ASK_LIMIT_S:.0f} s"
        except httpx.HTTPError as error:
            return f"it does not respond: {error or type(error).__name__}"
        except (ValueError, KeyError, TypeError):
            return f"/{path} answers something else than a service does"

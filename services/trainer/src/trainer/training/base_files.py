"""Brings the files of the base model here before a run needs them."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf

from trainer.domain.runs.child_messages import BaseRequest
from trainer.settings import TrainerSettings

NO_BASE = (
    "no base model is set, so examples are collected and nothing is trained; choose one in "
    "docs/models.md and set RATCHET_TRAINER_BASE_MODEL"
)
_AGAIN_S = 60.0


@dataclass
class BaseFiles:
    """`fetch` returns why the files are not here, None if they are.

    `wanted` is whether a run waits for them, `here` whether they have been checked for it.
    """

    settings: TrainerSettings
    fetch: Callable[[BaseRequest], Awaitable[str | None]]
    wanted: bool = False
    here: bool = False
    _problem: str | None = None
    _tried_at: float = -inf

    @property
    def obstacle(self) -> str | None:
        """Why no run can start, as far as is known."""
        return self._problem if self.settings.trainer_base_model else NO_BASE

    @property
    def coming(self) -> str:
        return f"the base model {self.settings.trainer_base_model} is being fetched"

    async def bring(self) -> bool:
        """Whether the files are here; fetches what lacks, at most once a minute after a failure."""
        again_at = self._tried_at + _AGAIN_S if self._problem else -inf
        if not self.here and time.monotonic() >= again_at:
            base, cache = self.settings.trainer_base_model, self.settings.cache_path
            self._problem = await self.fetch(BaseRequest(base_model=base, cache_dir=cache))
            self._tried_at, self.here = time.monotonic(), self._problem is None
        return self.here

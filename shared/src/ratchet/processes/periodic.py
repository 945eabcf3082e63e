"""Runs a step periodically."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from redis.exceptions import RedisError

_log = logging.getLogger(__name__)


async def every(
    period_s: float,
    step: Callable[[], Awaitable[object]],
    failure: str,
    errors: tuple[type[Exception], ...] = (RedisError, OSError),
    report: Callable[[str | None], None] = lambda _: None,
) -> NoReturn:
    """Await `step` until cancelled, with a pause of `period_s` seconds after each time.

    One of `errors` does not end the loop. It is logged after `failure`, once until the step
    succeeds or fails for another reason. `report` receives the error of each step, or None.
    """
    logged = None
    while True:
        problem = None
        try:
            await step()
        except errors as error:
            problem = str(error) or repr(error)
        if problem != logged:
            _log.warning("%s: %s", failure, problem or "resolved")
        logged = problem
        report(problem)
        await asyncio.sleep(period_s)

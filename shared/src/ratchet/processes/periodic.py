"""Background tasks: steps that run periodically, and their cancellation."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from redis.exceptions import RedisError

from ratchet.processes.outages import is_outage

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
    logged, away = None, False
    while True:
        problem, was_away, away = None, away, False
        try:
            await step()
        except errors as error:
            problem, away = str(error) or repr(error), is_outage(error)
        if problem != logged:
            of_redis = {"outage": problem or ""} if away or (was_away and not problem) else None
            _log.warning("%s: %s", failure, problem or "resolved", extra=of_redis)
        logged = problem
        report(problem)
        if (task := asyncio.current_task()) and task.cancelling():
            raise asyncio.CancelledError  # `step` lost it, see `end_all`
        await asyncio.sleep(period_s)


async def end_all(*tasks: "asyncio.Future[Any]", again_s: float = 5.0) -> None:
    """Cancel `tasks` until each has ended, and again every `again_s` seconds those still running.

    Python 3.11's `wait_for`, by which redis-py sends, may return a result instead of raising the
    cancellation (https://github.com/python/cpython/issues/86296). A second one too soon would
    interrupt a task that is cleaning up, such as one that waits for a process it has killed.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again_s)
    await asyncio.gather(*tasks, return_exceptions=True)

"""A periodic step is retried after the expected errors, and each problem is logged once."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from redis.exceptions import ConnectionError as RedisUnavailable

from ratchet.processes import end_all, every


async def problems_of(outcomes: Sequence[Exception | None]) -> list[str | None]:
    """Return the reports while the step has these outcomes, one after the other."""
    left, reported = list(outcomes), []

    async def step() -> None:
        if not left:
            raise asyncio.CancelledError
        outcome = left.pop(0)
        if outcome is not None:
            raise outcome

    with pytest.raises(asyncio.CancelledError):
        await every(0, step, "nothing is counted", report=reported.append)
    return reported


async def test_the_error_of_each_step_is_reported():
    outcomes = [None, RedisUnavailable("refused"), OSError(), None]
    assert await problems_of(outcomes) == [None, "refused", "OSError()", None]


async def test_a_problem_is_logged_once_until_it_changes_or_ends(caplog: pytest.LogCaptureFixture):
    refused, full = RedisUnavailable("refused"), OSError("full")
    await problems_of([refused, refused, full, None, None, full])
    messages = [record.getMessage() for record in caplog.records]
    expected = ["refused", "full", "resolved", "full"]
    assert messages == [f"nothing is counted: {reason}" for reason in expected]


async def test_another_error_ends_the_loop():
    async def step() -> None:
        raise LookupError("a defect")

    with pytest.raises(LookupError):
        await every(0, step, "nothing is counted")


async def test_a_loop_whose_step_loses_the_cancellation_ends_after_it():
    """Otherwise the stop of a service would wait until it is cancelled again."""
    begun = asyncio.Event()

    async def lose_the_cancellation() -> None:
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    loop = asyncio.create_task(every(60, lose_the_cancellation, "nothing is counted"))
    await begun.wait()
    async with asyncio.timeout(5):
        await end_all(loop, again_s=60)
    assert loop.cancelled()

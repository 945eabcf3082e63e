"""Tasks end, also those to which a cancellation was lost."""

import asyncio

from ratchet.processes import end_all


async def for_ever() -> None:
    await asyncio.Event().wait()


async def one_that_loses(cancellations: int) -> None:
    for _ in range(cancellations):
        try:
            await for_ever()
        except asyncio.CancelledError:
            continue
    await for_ever()


async def one_that_breaks() -> None:
    try:
        await for_ever()
    finally:
        raise RuntimeError("on its way out")


async def one_that_clears_up(cleared: asyncio.Event) -> None:
    try:
        await for_ever()
    finally:
        await asyncio.sleep(0.05)
        cleared.set()


async def test_a_lost_cancellation_is_repeated():
    tasks = [asyncio.create_task(one_that_loses(count)) for count in (0, 1, 3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end_all(*tasks, again_s=0.01)
    assert all(task.cancelled() for task in tasks)


async def test_a_task_that_cleans_up_gets_time():
    cleared = asyncio.Event()
    clearing = asyncio.create_task(one_that_clears_up(cleared))
    await asyncio.sleep(0)
    await end_all(clearing)
    assert cleared.is_set()


async def test_a_task_has_ended_whatever_it_raises():
    broken, done = asyncio.create_task(one_that_breaks()), asyncio.create_task(asyncio.sleep(0, 1))
    await done
    await end_all(broken, done)
    assert isinstance(broken.exception(), RuntimeError)
    assert done.result() == 1


async def test_no_tasks_are_allowed():
    await end_all()

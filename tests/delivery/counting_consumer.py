"""A consumer process for the kill tests: counts each name and emits one event for it."""

import asyncio
import sys

from ratchet.contract import COMMANDS, TrainingRequested
from ratchet.delivery import Consumer, RetryPolicy
from ratchet_testing.counting import count_and_emit
from ratchet_testing.running_consumers import at_work


async def main(url: str, name: str) -> None:
    policy = RetryPolicy(max_attempts=100, base_s=0.2, cap_s=0.2)
    consumer = Consumer(
        COMMANDS, "test", {TrainingRequested: count_and_emit}, batch=7, retry=policy
    )
    async with at_work(url, consumer, name=name):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))

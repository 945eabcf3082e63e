"""After kill -9 at any time, no event is missing from the ledger and none is duplicated."""

import os
import random
import signal
import subprocess
import sys
from datetime import timedelta

from redis.asyncio import Redis

from ledger.reading import LedgerReader
from ratchet.contract import EXPERIENCES, Event, ExperienceRecorded, derived_id
from ratchet.delivery import Publisher
from ratchet_testing.deliveries import delivered
from ratchet_testing.eventually import eventually
from ratchet_testing.ledger_world import DAY, START, Opened
from ratchet_testing.valkey import free_port

EVENTS = 3000
KILLS = 5


def many() -> list[Event]:
    [first, *_] = [e for e in DAY if isinstance(e, ExperienceRecorded)]
    return [
        first.model_copy(
            update={
                "event_id": derived_id("many", str(n)),
                "occurred_at": START + timedelta(seconds=n),
                "experience": first.experience.model_copy(update={"query_id": f"q-{n}"}),
            }
        )
        for n in range(EVENTS)
    ]


def start(ledger: Opened, redis_url: str, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ledger"],
        env={
            **os.environ,
            "RATCHET_REDIS_URL": redis_url,
            "RATCHET_LEDGER_URL": ledger.url,
            "RATCHET_LEDGER_BATCH": "50",
            "RATCHET_PORT": str(free_port()),
            "RATCHET_CONSUMER_NAME": name,
            "RATCHET_RETRY_BASE_S": "0.5",
            "RATCHET_LOG_LEVEL": "error",
        },
    )


async def test_a_ledger_that_is_killed_repeatedly_has_every_event_once(
    redis: Redis, valkey_url: str, ledger: Opened
):
    rng = random.Random(7)
    events = many()
    await Publisher(redis).publish(events)
    reader = LedgerReader(ledger.read)
    for kill in range(KILLS):
        enough = (kill * EVENTS + rng.randint(1, EVENTS)) // (KILLS + 1)
        process = start(ledger, valkey_url, str(kill))

        async def somewhere_in_the_middle(enough: int = enough) -> bool:
            return reader.counts().total > enough

        await eventually(somewhere_in_the_middle, 30)
        process.send_signal(signal.SIGKILL)
        process.wait()

    process = start(ledger, valkey_url, "last")

    async def all_acknowledged() -> bool:
        [group] = await redis.xinfo_groups(EXPERIENCES.key)
        return group["entries-read"] == EVENTS and group["pending"] == 0

    await eventually(all_acknowledged, 60)
    process.terminate()
    process.wait(20)
    assert reader.counts().total == EVENTS
    assert sum(reader.counts().events.values()) == EVENTS
    assert len(reader.history(2 * EVENTS)) == EVENTS
    written = ledger.hash
    ledger.write(delivered(events))
    assert ledger.hash == written
    assert await redis.xlen(EXPERIENCES.dead_key) == 0

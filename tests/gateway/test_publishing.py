"""Records reach Redis once; one that cannot be read is counted as lost."""

from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.capture.publishing import SpoolPublisher
from ratchet.contract import CALLS
from ratchet.delivery import Publisher
from ratchet_testing.valkey import free_port

from .test_spool import OneSpool

EXAMPLE = Path(__file__).parent.parent / "contract/examples/CallServed/v1/broken.json"
CALL = b"".join(line.strip() for line in EXAMPLE.read_bytes().splitlines())
UNREADABLE = b'{"type": "CallServed", "call_id": "of another release"}'


@pytest.fixture
def spool(tmp_path: Path) -> OneSpool:
    one = OneSpool(tmp_path)
    for number, record in enumerate([UNREADABLE, CALL, UNREADABLE]):
        one.call(f"c{number}", record)
    return one


async def test_an_unreadable_record_is_counted_as_lost_and_holds_nothing_up(
    redis: Redis, spool: OneSpool
):
    publisher = SpoolPublisher(spool.spool, Publisher(redis), experiences=False)
    await publisher.publish()
    assert await redis.xlen(CALLS.key) == 1
    assert spool.lost == {"error": 2}
    await publisher.publish()
    assert spool.lost == {"error": 2}


async def test_an_unreadable_record_that_waits_for_redis_is_counted_once(
    redis: Redis, spool: OneSpool
):
    async with Redis.from_url(f"redis://127.0.0.1:{free_port()}") as away:
        publisher = SpoolPublisher(spool.spool, Publisher(away), experiences=False)
        for _ in range(3):
            with pytest.raises(RedisError):
                await publisher.publish()
    assert spool.lost == {}
    await SpoolPublisher(spool.spool, Publisher(redis), experiences=False).publish()
    assert spool.lost == {"error": 2}

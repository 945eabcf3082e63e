"""Consumer groups that see every entry, also those written before the first start."""

from collections.abc import Iterable

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ratchet.delivery.consumer import Consumer


async def create_groups(redis: Redis, consumers: Iterable[Consumer]) -> None:
    """Create each missing group at id 0; call before the broker starts, which would use `$`."""
    for consumer in consumers:
        try:
            await redis.xgroup_create(consumer.stream.key, consumer.group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

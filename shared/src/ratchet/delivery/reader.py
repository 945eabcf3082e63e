"""Subscribes workers to their streams through FastStream, which hands over raw bytes."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from faststream import AckPolicy, Context
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.message import RedisBatchStreamMessage
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from ratchet.delivery.consumer import Consumer
from ratchet.delivery.dead_letter import ConsumerStopped
from ratchet.delivery.entry import Entry, entry_of_reply
from ratchet.delivery.worker import Worker

_BLOCK_MS = 500
_READ_MORE = """
local found, size = {}, 0
while #found < tonumber(ARGV[3]) and size < tonumber(ARGV[4]) do
  local answer = redis.call(
    'XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
  if not answer then break end
  local entry = answer[1][2][1]
  for _, part in ipairs(entry[2]) do size = size + #part end
  found[#found + 1] = entry
end
return found
"""
"""XREADGROUP limits entries, not bytes: a batch of large events would exhaust the memory."""


async def create_groups(redis: Redis, consumers: Iterable[Consumer]) -> None:
    """Create each missing group at id 0; call before the broker starts.

    FastStream would create it at `$` and so skip what was written before the first start:
    https://github.com/ag2ai/faststream/issues/2694.
    """
    for consumer in consumers:
        try:
            await redis.xgroup_create(consumer.stream.key, consumer.group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise


async def missing_groups(redis: Redis, consumers: Iterable[Consumer]) -> list[str]:
    """The consumers whose group does not exist, as `<stream>:<group>`; raises redis-py's errors."""
    expected = list(consumers)
    async with redis.pipeline(transaction=False) as pipe:
        for consumer in expected:
            pipe.xinfo_groups(consumer.stream.key)
        found = await pipe.execute(raise_on_error=False)
    missing = []
    for consumer, groups in zip(expected, found, strict=True):
        if isinstance(groups, Exception) and "no such key" not in str(groups):
            raise groups
        names = [] if isinstance(groups, Exception) else [group["name"] for group in groups]
        if consumer.group.encode() not in names:
            missing.append(f"{consumer.stream.name}:{consumer.group}")
    return missing


def attach(broker: RedisBroker, worker: Worker, consumer_name: str) -> None:
    """Subscribe `worker` to its stream on `broker`: in batches, acknowledging nothing for it.

    The subscriber waits for one entry. The rest of its batch is read in the worker's turn, up to
    the bytes that the worker takes at once.
    """
    consumer = worker.consumer
    script = worker.redis.register_script(_READ_MORE)

    async def read_more(first: Sequence[Entry]) -> list[Entry]:
        most, size = consumer.batch - len(first), sum(entry.size for entry in first)
        if most < 1 or size >= worker.batch_bytes:
            return []
        found: Any = await script(
            [consumer.stream.key],
            [consumer.group, consumer_name, most, worker.batch_bytes - size],
        )
        return [entry_of_reply(reply, attempt=1) for reply in found]

    subscriber = broker.subscriber(
        stream=StreamSub(
            consumer.stream.key,
            group=consumer.group,
            consumer=consumer_name,
            batch=True,
            max_records=1,
            polling_interval=_BLOCK_MS,
        ),
        parser=_keep_raw,
        decoder=_keep_raw_body,
        ack_policy=AckPolicy.MANUAL,
        title=f"{consumer.stream.name}:{consumer.group}",
        description=f"{', '.join(event.__name__ for event in consumer.stream.events)}",
    )

    @subscriber
    async def deliver(message: Annotated[RedisBatchStreamMessage, Context("message")]) -> None:
        raw = message.raw_message
        entries = [
            Entry(entry_id.decode(), fields, attempt=1)
            for entry_id, fields in zip(raw["message_ids"], raw["data"], strict=True)
        ]
        try:
            await worker.process_batch(entries, read_more)
        except ConsumerStopped:
            # `stop()` waits for this handler; clearing the flag ends the loop after it.
            subscriber.running = False
        else:
            await asyncio.sleep(consumer.rest_s)

    # FastStream calls no code of ours when a stream is empty, so its reading is timed from inside.
    read = subscriber._get_msgs

    async def timed_read(*arguments: Any) -> None:
        worker.last_read = time.monotonic()
        try:
            await read(*arguments)
        except ResponseError as error:
            if "NOGROUP" in str(error):
                raise
            # FastStream pauses after any other error, but repeats after this one without a pause.
            raise RedisError(str(error)) from error
        finally:
            worker.last_read = time.monotonic()

    subscriber._get_msgs = timed_read  # type: ignore[method-assign,assignment]


async def _keep_raw(raw: Any) -> RedisBatchStreamMessage:
    return RedisBatchStreamMessage(raw_message=raw, body=b"", consumer=None, group=None)  # type: ignore[arg-type]


async def _keep_raw_body(message: RedisBatchStreamMessage) -> bytes:
    return message.body

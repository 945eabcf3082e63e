"""Creates the connections to Redis: FastStream's for reading, a plain client for the rest."""

import logging

from faststream.redis import RedisBroker
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from ratchet.settings import CommonSettings


def create_broker(settings: CommonSettings) -> RedisBroker:
    """A FastStream broker that is not connected yet."""
    return RedisBroker(
        str(settings.redis_url),
        # The AsyncAPI document, which needs no key, shows this address.
        specification_url="redis://redis:6379",
        graceful_timeout=15.0,
        # Otherwise a reader waits for ever on a connection that was lost without a word.
        socket_connect_timeout=2,
        socket_timeout=10,
        logger=logging.getLogger("ratchet.service.connections"),
        log_level=logging.DEBUG,
    )


def create_redis(settings: CommonSettings) -> Redis:
    """A client that retries briefly; a command sent twice is harmless, by event id."""
    return Redis.from_url(
        str(settings.redis_url),
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), retries=2),
        socket_connect_timeout=2,
        socket_timeout=10,
    )

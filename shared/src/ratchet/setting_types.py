"""The types of settings, whose messages name what to write instead."""

import re
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, RedisDsn
from pydantic_settings import NoDecode

from ratchet_text import http_address

_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+?)\.?)(?::\d{1,5})?")


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def host_name(host: str) -> str | None:
    """The name or address in a Host header, in lower case, without port and final dot.

    None if it is malformed.
    """
    found = _AUTHORITY.fullmatch(host.strip().lower())
    return (found[1] or found[2]) if found else None


def _names(hosts: tuple[str, ...]) -> tuple[str, ...]:
    names = [(host, host_name(host)) for host in hosts]
    for host, name in names:
        if name is None:
            raise ValueError(f"{host!r} is not the name of a host, such as ratchet.plant")
    return tuple(name for _, name in names if name is not None)


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
HostNames = Annotated[CommaSeparated, AfterValidator(_names)]
AnyRedisUrl = TypeVar("AnyRedisUrl", RedisDsn, str)
HttpAddress = Annotated[str, AfterValidator(lambda url: url and http_address(url))]
"""Empty, or an HTTP address without a slash at its end."""


def accepted_by_redis(url: AnyRedisUrl) -> AnyRedisUrl:
    """`url`; raises `ValueError` without its text if no connection can be created from it."""
    from redis.asyncio import ConnectionPool
    from redis.exceptions import RedisError

    pool: Any = ConnectionPool
    try:
        pool.from_url(str(url)).make_connection()
    except (ValueError, TypeError, AttributeError, RedisError):
        raise ValueError(
            "has a parameter that is unknown or has an invalid value; remove it, or write it as "
            "redis-py names it, in lower case"
        ) from None
    return url

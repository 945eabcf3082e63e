"""Rate limit per client, counted in Redis for all replicas together."""

from math import ceil

from redis.asyncio import Redis

_KEY = "ratchet:calls:"
_TAKE = """
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local oldest = redis.call('LINDEX', KEYS[1], ARGV[1] - 1)
if oldest and ms >= tonumber(oldest) and ms - oldest < tonumber(ARGV[2]) then
  return ARGV[2] - (ms - oldest)
end
redis.call('LPUSH', KEYS[1], ms)
redis.call('LTRIM', KEYS[1], 0, ARGV[1] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
"""


class RateLimit:
    """A sliding window of `window_s` seconds, by the clock of the Redis server.

    The times of the last calls are one list per client. A script checks and adds in one step, so
    that parallel calls cannot both take the last place. A time ahead of the clock, which was set
    back since, holds nobody up.
    """

    def __init__(self, redis: Redis, name: str, window_s: float = 60.0) -> None:
        self._take = redis.register_script(_TAKE)
        self._name = name
        self._window_ms = int(window_s * 1_000)

    async def wait_s(self, client: str, limit: int) -> int:
        """0 if the call is within `limit` and counts, else the whole seconds to wait.

        Raises redis-py's errors.
        """
        key = f"{_KEY}{self._name}:{client}"
        wait_ms: int = await self._take(keys=[key], args=[limit, self._window_ms])
        return ceil(wait_ms / 1_000)

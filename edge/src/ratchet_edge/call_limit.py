"""The limit on the calls of one client a minute."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from ratchet_edge.clients import client_of
from ratchet_edge.rate_limit import RateLimit


class CallLimit:
    """`per_minute` is the limit of a client whose key has none of its own."""

    def __init__(self, rate_limit: RateLimit, per_minute: int) -> None:
        self._rate_limit = rate_limit
        self._per_minute = per_minute

    async def check_browser(self, request: Request) -> None:
        """As `check`, for browsers only: a server's key has no limit on these calls."""
        if client_of(request.scope).is_browser:
            await self.check(request)

    async def check(self, request: Request) -> None:
        """Counts the call; raises `HTTPException` 429 with Retry-After beyond the limit."""
        client = client_of(request.scope)
        limit = (client.key and client.key.per_minute) or self._per_minute
        wait_s = await self._rate_limit.wait_s(client.share, limit)
        if wait_s:
            message = f"at most {limit} calls a minute; send the next in {wait_s} s"
            raise HTTPException(429, message, {"Retry-After": str(wait_s)})

"""Answers 403 to calls from pages of other hosts while the gateway is open without keys."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.paths import is_own
from ratchet.service import Hosts
from ratchet.settings import ALLOWED_HOSTS
from ratchet_edge.keys.key_ring import KeyRing
from ratchet_edge.refusal import Refuse


class ForeignPages:
    """A page of any host can have its visitor's browser post to a service on loopback.

    It cannot read the answer, but the model server would work for it, and its prompt would be
    recorded. With keys it has none. `hosts` are those whose pages may call.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Hosts,
        ring: KeyRing,
        open_without_keys: bool,
        refuse: Refuse,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._ring = ring
        self._open_without_keys = open_without_keys
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = self._foreign(scope) if self._is_checked(scope) else None
        if origin is None:
            await self._app(scope, receive, send)
            return
        error = f"pages of {origin[:100]} may not call; add their host to {ALLOWED_HOSTS}"
        await self._refuse(scope, 403, error)(scope, receive, send)

    def _is_checked(self, scope: Scope) -> bool:
        passed_on = scope["type"] == "http" and not is_own(scope["path"])
        return passed_on and self._open_without_keys and not self._ring.required

    def _foreign(self, scope: Scope) -> str | None:
        """The origin of the calling page if it is of another host."""
        for origin in Headers(scope=scope).getlist("origin"):
            _, separator, host = origin.partition("://")
            if not separator or not self._hosts.admits(host):
                return origin
        return None

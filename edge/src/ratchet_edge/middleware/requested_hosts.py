"""Answers 403 to requests that call the service by another host than its own."""

from starlette.types import ASGIApp, Receive, Scope, Send

from ratchet.service import Hosts
from ratchet_edge.access import AccessRules
from ratchet_edge.keys.key_ring import KeyRing
from ratchet_edge.refusal import Refuse


class RequestedHosts:
    """Checks the host while the service is open without keys.

    With keys the host is free, because a page whose name was rebound has no key. If hosts are
    listed, it is checked then too for the paths of the API that need no key.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Hosts,
        ring: KeyRing,
        open_without_keys: bool,
        rules: AccessRules,
        refuse: Refuse,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._ring = ring
        self._open_without_keys = open_without_keys
        self._rules = rules
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_checked(scope):
            refused = self._hosts.refusal(scope["headers"])
            if refused is not None:
                await self._refuse(scope, 403, refused)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_checked(self, scope: Scope) -> bool:
        if self._open_without_keys and not self._ring.required:
            return True
        without_key = self._rules.without_key(scope["path"])
        return bool(self._hosts.listed) and without_key

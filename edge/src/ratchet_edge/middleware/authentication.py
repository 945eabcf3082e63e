"""Authenticates requests by API key and rejects callers without the required scope."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ratchet_edge.access import AccessRules
from ratchet_edge.clients import Client
from ratchet_edge.keys.key_ring import KeyRing, credentials_of
from ratchet_edge.refusal import Refuse


class Authentication:
    """Until a first key exists, callers have every scope if `open_without_keys`, else none.

    Once keys have existed, callers without a valid key have none. While their file cannot be read
    since the start, calls that need one are answered with 503.
    """

    def __init__(
        self,
        app: ASGIApp,
        ring: KeyRing,
        open_without_keys: bool,
        rules: AccessRules,
        refuse: Refuse,
    ) -> None:
        self._app = app
        self._ring = ring
        self._rules = rules
        self._refuse = refuse
        self._open_without_keys = open_without_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        key = None
        guarded = self._rules.scope_of(scope["method"], scope["path"]) is not None
        if guarded and (self._ring.required or not self._open_without_keys):
            secret = self._secret(Headers(scope=scope), scope["path"])
            if self._ring.unreadable is not None:
                retry = {"Retry-After": "5"}
                error = "the API keys cannot be read; the log of this service names the file"
                await self._refuse(scope, 503, error, headers=retry)(scope, receive, send)
                return
            key = self._ring.key_of(secret) if secret else None
            denied = self._rules.denied(scope["method"], scope["path"], credentials_of(secret, key))
            if denied is not None:
                challenge = {"WWW-Authenticate": "Bearer"} if denied.status == 401 else None
                response = self._refuse(scope, denied.status, denied.reason, headers=challenge)
                await response(scope, receive, send)
                return
        address = scope["client"][0] if scope.get("client") else ""
        scope.setdefault("state", {})["client"] = Client(address, key)
        await self._app(scope, receive, send)

    def _secret(self, headers: Headers, path: str) -> str | None:
        if (header := self._rules.key_header_of(path)) is not None:
            return headers.get(header)
        kind, _, secret = headers.get("authorization", "").partition(" ")
        return secret.strip() if kind.lower() == "bearer" else headers.get("x-api-key")

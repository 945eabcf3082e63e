"""Turns away who has no key for what is called, and says of the others who they are."""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.domain.access import COMPATIBILITY, denied, scope_of
from ingest.http.middleware.problems import refused
from ingest.keys.key_file import Key
from ingest.keys.key_ring import KeyRing, bearer_of


@dataclass(frozen=True)
class Client:
    """Who calls: by key where one is used, else by address."""

    address: str
    key: Key | None = None

    @property
    def id(self) -> str:
        return f"key:{self.key.key_id}" if self.key else f"address:{self.address}"

    @property
    def name(self) -> str:
        return self.key.name if self.key else self.address


class Gate:
    """Without any key, everybody may do everything if `open_without_keys`, else nobody anything."""

    def __init__(self, app: ASGIApp, ring: KeyRing, open_without_keys: bool) -> None:
        self._app = app
        self._ring = ring
        self._open_without_keys = open_without_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        key = None
        asked_for = scope_of(scope["method"], scope["path"]) is not None
        if asked_for and (self._ring.keys() or not self._open_without_keys):
            secret = _secret(Headers(scope=scope), scope["path"])
            key = self._ring.key_of(secret) if secret else None
            verdict = denied(scope["method"], scope["path"], bearer_of(secret, key))
            if verdict is not None:
                challenge = {"WWW-Authenticate": "Bearer"} if verdict.status == 401 else None
                answer = refused(scope, verdict.status, verdict.reason, headers=challenge)
                await answer(scope, receive, send)
                return
        address = scope["client"][0] if scope.get("client") else ""
        scope.setdefault("state", {})["client"] = Client(address, key)
        await self._app(scope, receive, send)


def client_of(scope: Scope) -> Client:
    found: Client = scope["state"]["client"]
    return found


def _secret(headers: Headers, path: str) -> str | None:
    if path.startswith(COMPATIBILITY):
        return headers.get("x-feedback-key")
    kind, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else headers.get("x-api-key")

"""Idempotency-Key: a POST that is sent again gets its first answer and has no second effect.

The answer is kept in the transaction that publishes what was asked for, so that there is no moment
at which one of them is there without the other.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import HTTPException, Request
from starlette.responses import Response

from ingest.http.middleware.authentication import client_of
from ingest.http.middleware.problems import refused
from ratchet.contract import Event
from ratchet.delivery import AlreadyPublished, Receipt

KEPT_S = 86_400
REPLAYED = "Idempotent-Replayed"
_LONGEST = 255


@dataclass(frozen=True)
class Call:
    """One POST that bears an Idempotency-Key; `key` is where its answer is kept."""

    key: str
    fingerprint: str

    def receipt(self, status: int, body: Callable[[Sequence[Event]], str]) -> Receipt:
        """Keeps the answer `body`, made of the events that were new."""

        def content(new: Sequence[Event]) -> bytes:
            return json.dumps([self.fingerprint, status, body(new)]).encode()

        return Receipt(self.key, KEPT_S, content)


async def call_of(request: Request) -> Call | None:
    """None where the call bears no Idempotency-Key; answers 422 where that is of no use."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= _LONGEST:
        raise HTTPException(422, f"Idempotency-Key: send 1 to {_LONGEST} characters")
    whose = json.dumps([client_of(request.scope).id, request.url.path, key])
    call = Call(f"ratchet:answered:{_sha256(whose.encode())}", _sha256(await request.body()))
    request.state.call = call
    return call


async def say_it_again(request: Request, found: AlreadyPublished) -> Response:
    """The answer that was kept, or 422 if it answered another body."""
    fingerprint, status, body = json.loads(found.content)
    if fingerprint != request.state.call.fingerprint:
        error = "Idempotency-Key: it was used with another body; send a new key with a new body"
        return refused(request.scope, 422, error)
    return Response(body, status, {REPLAYED: "true"}, "application/json")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""Idempotency-Key: a POST that is repeated gets its first answer and has no second effect.

The answer is stored in the transaction that publishes the request's events. A separate write
would leave a moment in which a crash loses one of the two.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.responses import Response

from ingest.http.problems import problem_response
from ratchet.delivery import AlreadyPublished, IdempotencyRecord
from ratchet_edge.clients import client_of

REPLAYED = "Idempotent-Replayed"
_LONGEST = 255


@dataclass(frozen=True)
class IdempotentRequest:
    """A POST with an Idempotency-Key; `key` is where its answer is stored."""

    key: str
    fingerprint: str

    def record(self, status: int, body: str) -> IdempotencyRecord:
        """The record to publish with the events of the request."""
        return IdempotencyRecord(self.key, self.fingerprint, status, body)


async def idempotent_request(request: Request) -> IdempotentRequest | None:
    """None without an Idempotency-Key; raises `HTTPException` 422 for an invalid one."""
    value = request.headers.get("Idempotency-Key")
    if value is None:
        return None
    if not 0 < len(value) <= _LONGEST:
        raise HTTPException(422, f"Idempotency-Key: send 1 to {_LONGEST} characters")
    owner = json.dumps([client_of(request.scope).id, request.url.path, value])
    key = f"ratchet:answered:{_sha256(owner.encode())}"
    idempotent = IdempotentRequest(key, _sha256(await request.body()))
    request.state.idempotent = idempotent
    return idempotent


Idempotent = Annotated[IdempotentRequest | None, Depends(idempotent_request)]


async def replay_response(request: Request, earlier: AlreadyPublished) -> Response:
    """The stored answer, as the exception handler for repeated requests."""
    return replay(request, earlier.record, earlier.record.body)


def replay(request: Request, record: IdempotencyRecord, body: str) -> Response:
    """The stored answer with `body`; 422 if `record` is that of another request body."""
    if record.fingerprint != request.state.idempotent.fingerprint:
        error = "Idempotency-Key: it was used with another body; send a new key with a new body"
        return problem_response(request.scope, 422, error)
    return Response(body, record.status, {REPLAYED: "true"}, "application/json")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

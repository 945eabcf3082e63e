"""What the model server gets of a request."""

from collections.abc import Callable

from starlette.types import Message, Receive, Scope

_REPLACED = (b"host", b"content-length", b"transfer-encoding", b"content-encoding")
_OF_RATCHET = b"x-ratchet-"
_OF_KEYS = (b"authorization", b"x-api-key")
_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")


def has_body(scope: Scope) -> bool:
    """Whether `BodyLimits` has read a body, which is then the first message."""
    return scope["method"] not in _WITHOUT_BODY


def for_upstream(scope: Scope, host: bytes, body: bytes | None) -> Scope:
    """The request for the model server at `host`, with the plain `body`.

    A key of the gateway is left out; any other key is the model server's.
    """
    dropped: tuple[bytes, ...] = _REPLACED if body is not None else (b"host",)
    if scope["state"]["client"].key is not None:
        dropped += _OF_KEYS
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if name not in dropped and not name.startswith(_OF_RATCHET)
    ]
    headers.append((b"host", host))
    if body is not None:
        headers.append((b"content-length", b"%d" % len(body)))
    return {**scope, "headers": headers}


def with_body(body: bytes, receive: Receive, sent: Callable[[], None] = lambda: None) -> Receive:
    """Receives `body`, which was read, and then what follows it; before that `sent` is called."""
    delivered = False

    async def read() -> Message:
        nonlocal delivered
        if delivered:
            sent()
            return await receive()
        delivered = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read

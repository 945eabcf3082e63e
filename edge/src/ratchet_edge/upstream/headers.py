"""The headers of a forwarded message (RFC 9110, section 7.6)."""

from collections.abc import Iterable, Mapping
from typing import Any

Headers = list[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
_OURS = frozenset((b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"forwarded"))


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """`headers` without those that are about one connection only."""
    sent = [(name.lower(), value) for name, value in headers]
    named = {
        option.strip().lower()
        for name, value in sent
        if name == b"connection"
        for option in value.split(b",")
    }
    return [(name, value) for name, value in sent if name not in _HOP_BY_HOP | named]


def forwarded(scope: Mapping[str, Any]) -> Headers:
    """The headers of the request `scope` for the backend, with the client's address.

    What a client itself sends as X-Forwarded-* is replaced: a trusted proxy's was read before.
    """
    kept = [(n, v) for n, v in end_to_end(scope["headers"]) if n not in _OURS]
    headers = dict(scope["headers"])
    client = scope["client"][0] if scope.get("client") else ""
    secure = scope["scheme"] in ("https", "wss")
    return [
        *kept,
        (b"x-forwarded-for", client.encode("latin-1")),
        (b"x-forwarded-host", headers.get(b"host", b"")),
        (b"x-forwarded-proto", b"https" if secure else b"http"),
    ]


def target(scope: Mapping[str, Any]) -> bytes:
    """The path and query of the request, as they were sent."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path

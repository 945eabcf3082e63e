"""What a page or a program may not do with the gateway, and through it with the model server."""

import json
from collections.abc import Iterator, Mapping

from intrusion.attempt import CLOSED, Attempt, request

CHAT = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello"}]}).encode()
ALLOWED = "the header of a call that may be made"
_CALLS = ("/api/chat", "/api/generate", "/v1/chat/completions", "/v1/completions")
_READING = ("/api/tags", "/v1/models", "/v1/models/m")
_ADMINISTRATION = (
    ("POST", "/api/create"),
    ("POST", "/api/pull"),
    ("POST", "/api/push"),
    ("POST", "/api/copy"),
    ("DELETE", "/api/delete"),
    ("POST", "/api/blobs/sha256:0"),
    ("GET", "/props"),
    ("POST", "/props"),
    ("GET", "/slots"),
    ("POST", "/lora-adapters"),
    ("POST", "/v1/responses"),
)
_DISGUISED = (
    "//api/delete",
    "/api//delete",
    "/api/./delete",
    "/api/chat/../delete",
    "/api/%64elete",
    "/api/chat/%2e%2e/delete",
    "/api/chat%2f..%2fdelete",
    "/v1/models/../../api/delete",
    "/v1/models/..%2f..%2fapi/delete",
    "/v1/models/%2e%2e/%2e%2e/api/delete",
    "/api\\delete",
    "/API/DELETE",
    "/api/delete/",
    "/api/delete;x",
    "/api/delete?path=/api/chat",
    "/api/delete#/api/chat",
    "/api/chat%00",
    "/api/chat/",
    "//api/chat",
    "http://127.0.0.1/api/delete",
    "/status/../api/delete",
    "/asyncapi/../api/delete",
    "/asyncapi/..%2fapi/delete",
)
_FOREIGN = ("http://evil.example", "https://127.0.0.1.evil.example", "null", "file://")
_SMUGGLED = {
    "length and chunks": "Content-Length: 4\r\nTransfer-Encoding: chunked",
    "two lengths": "Content-Length: 4\r\nContent-Length: 5",
    "+ before the length": "Content-Length: +4",
    "negative length": "Content-Length: -4",
    "folded header": "Content-Length: 4\r\n folded",
    "space before the colon": "Transfer-Encoding : chunked",
    "unknown coding": "Transfer-Encoding: xchunked",
    "two codings": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "NUL in a header": "Content-Length: 4\r\nX: a\0b",
}


def without_keys() -> Iterator[Attempt]:
    """While there is no key the gateway is open to this machine, not to pages of others."""
    for path in (*_CALLS, "/status"):
        method, body = ("GET", b"") if path == "/status" else ("POST", CHAT)
        raw = request(method, path, body=body, host="evil.example:8106")
        yield _attempt("none", f"rebound page: {method} {path}", raw, 403)
    for origin in _FOREIGN:
        for path in _CALLS:
            headers = {"Origin": origin, "Content-Type": "text/plain"}
            raw = request("POST", path, headers, CHAT)
            yield _attempt("none", f"form of the page {origin}: {path}", raw, 403)
    own = {"Origin": "http://127.0.0.1:3000", "Content-Type": "application/json"}
    raw = request("POST", "/api/chat", own, CHAT)
    yield _attempt("none", "a page of this machine may call", raw, 200)
    two = b"GET /api/tags HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n"
    yield _attempt("none", "two Host headers", two, 400, 403)
    for header in ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded"):
        raw = request("POST", "/api/chat", {header: "host=10.0.0.9"}, CHAT)
        yield _attempt("none", f"through a proxy: {header}", raw, 403)
    yield from _administration("none", {})
    for target in _DISGUISED:
        yield _attempt("none", f"DELETE {target}", request("DELETE", target), 400, 403, 404, 405)
    websocket = {"Upgrade": "websocket", "Sec-WebSocket-Key": "x" * 22 + "==", "Origin": "null"}
    raw = request("GET", "/api/chat", {**websocket, "Sec-WebSocket-Version": "13"})
    yield _attempt("none", "a WebSocket", raw, 400, 403)


def with_keys(secrets: Mapping[str, str]) -> Iterator[Attempt]:
    """`secrets` by kind of key."""
    for who in ("none", "unknown", "revoked", "read", "teach", "operate"):
        sent = {"Authorization": f"Bearer {secrets[who]}"} if who in secrets else {}
        status = 401 if who in ("none", "unknown", "revoked") else 403
        for path in _CALLS:
            yield _attempt(who, f"POST {path}", request("POST", path, sent, CHAT), status)
        for path in _READING:
            yield _attempt(who, f"GET {path}", request("GET", path, sent), status)
    write = secrets["write"]
    yield from _administration("write", {"X-Api-Key": write})
    yield from _misplaced(write)
    for name, framing in _SMUGGLED.items():
        raw = (
            "POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            f"X-Api-Key: {write}\r\n{framing}\r\n\r\n0\r\n\r\n"
            "GET /api/tags HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        ).encode("latin-1")
        yield _attempt("write", f"smuggled by {name}", raw, 400)
    large = {"X-Api-Key": write, "Content-Length": "40000000"}
    head = request("GET", "/api/chat", large).replace(b"GET ", b"POST ", 1)
    yield _attempt("write", "a body that announces 40 MB", head, 413)
    long = {"X-Api-Key": write, "X-Long": "x" * 60_000}
    yield _attempt(
        "write", "a header of 60 kB", request("GET", "/api/tags", long), 400, 431, CLOSED
    )
    spoofed = {"X-Api-Key": write, "x-ratchet-check": "true", "x-ratchet-query": ALLOWED}
    raw = request("POST", "/api/chat", {**spoofed, "x-ratchet-user": "another"}, CHAT)
    yield _attempt("write", "headers of Ratchet's own", raw, 200)
    override = {"X-Api-Key": write, "X-HTTP-Method-Override": "DELETE"}
    raw = request("POST", "/api/delete", {**override, "X-Original-URL": "/api/chat"}, CHAT)
    yield _attempt("write", "another path in a header", raw, 403)


def after_keys(secret: str, when: str) -> Iterator[Attempt]:
    for who, headers in (("none", {}), ("revoked", {"X-Api-Key": secret})):
        raw = request("POST", "/api/chat", headers, CHAT)
        yield _attempt(who, f"POST /api/chat after {when}", raw, 401)


def _administration(who: str, headers: Mapping[str, str]) -> Iterator[Attempt]:
    for method, path in _ADMINISTRATION:
        yield _attempt(who, f"{method} {path}", request(method, path, headers, b""), 403)


def _misplaced(secret: str) -> Iterator[Attempt]:
    for name, target, headers in (
        ("in the address", f"/api/tags?api_key={secret}", {}),
        ("as a cookie", "/api/tags", {"Cookie": f"key={secret}"}),
        ("as Basic", "/api/tags", {"Authorization": f"Basic {secret}"}),
        ("in a page's header", "/api/tags", {"X-Feedback-Key": secret}),
        ("in part", "/api/tags", {"X-Api-Key": secret[:-1]}),
        ("in a header of Ratchet's own", "/api/tags", {"x-ratchet-user": secret}),
    ):
        yield _attempt("write", f"the key {name}", request("GET", target, headers), 401)


def _attempt(who: str, name: str, raw: bytes, *statuses: int) -> Attempt:
    return Attempt(who, name, raw, statuses, "gateway")

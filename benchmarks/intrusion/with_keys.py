"""What each kind of key, and none, may not do once there are keys."""

import gzip
import json
from collections.abc import Iterator, Mapping

from intrusion.attempt import CLOSED, Attempt, request

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
FEEDBACK = json.dumps({"query_id": QUERY_ID, "rating": "up"}).encode()
_COMMANDS = ("training", "cancel", "activation", "rollback", "corrections")
_WRITES = ("/v1/experiences", "/v1/feedback", "/v1/rank")
_TEACHING = ("/v1/traces", "/v1/pairs", "/v1/corrections")
_OPERATING = tuple(f"/v1/commands/{name}" for name in _COMMANDS)
_READING = ("/v1/experiences", "/v1/runs", "/v1/model", f"/v1/experiences/{QUERY_ID}")
_FORBIDDEN: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "write": ((*_TEACHING, *_OPERATING), _READING),
    "read": ((*_WRITES, *_TEACHING, *_OPERATING), ()),
    "teach": ((*_WRITES, *_OPERATING), _READING),
    "operate": (_WRITES, _READING),
}
_DISGUISED = (
    "/v1/%65xperiences",
    "//v1/experiences",
    "/v1//experiences",
    "/./v1/experiences",
    "/docs/../v1/experiences",
    "/api/layer2/rl-status/../../../v1/experiences",
    "/api/layer2/approve-training/..%2f..%2f..%2fv1/runs",
    "/v1/experiences/",
    "/v1/experiences;x",
    "/V1/experiences",
    "/v1\\experiences",
    "http://127.0.0.1/v1/experiences",
    "/v1/experiences?key=x&access_token=x",
    "/v1/experiences%00",
    "/v1/nothing-here",
)
_METHODS = ("DELETE", "PUT", "PATCH", "HEAD", "TRACE", "PROPFIND", "post", "CONNECT")


def attempts(secrets: Mapping[str, str], digest: str) -> Iterator[Attempt]:
    """`secrets` by kind of key; `digest` is the stored one of a key."""
    for who in ("none", "unknown", "revoked"):
        yield from _strangers(who, secrets)
    for who, (posts, gets) in _FORBIDDEN.items():
        bearer = {"Authorization": f"Bearer {secrets[who]}"}
        for path in posts:
            yield Attempt(who, f"POST {path}", request("POST", path, bearer, b"{}"), (403,))
        for path in gets:
            yield Attempt(who, f"GET {path}", request("GET", path, bearer), (403,))
    yield from _misplaced(secrets, digest)
    yield from _disguised(secrets)
    yield from _smuggled(secrets["write"])
    yield from _hostile_bodies(secrets["write"])


def _strangers(who: str, secrets: Mapping[str, str]) -> Iterator[Attempt]:
    sent = {"X-Api-Key": secrets[who]} if who in secrets else {}
    for path in (*_WRITES, *_TEACHING, *_OPERATING):
        yield Attempt(who, f"POST {path}", request("POST", path, sent, b"{}"), (401,))
    for path in _READING:
        yield Attempt(who, f"GET {path}", request("GET", path, sent), (401,))
    page = {"X-Feedback-Key": secrets[who]} if who in secrets else {}
    raw = request("POST", "/api/layer2/feedback/", page, FEEDBACK)
    yield Attempt(who, "POST /api/layer2/feedback/", raw, (403,))


def _misplaced(secrets: Mapping[str, str], digest: str) -> Iterator[Attempt]:
    write, two = secrets["write"], f"{secrets['unknown']}, {secrets['write']}"
    for name, headers in {
        "a feedback key's header": {"X-Feedback-Key": write},
        "a cookie": {"Cookie": f"key={write}"},
        "Basic": {"Authorization": f"Basic {write}"},
        "the stored digest": {"Authorization": f"Bearer {digest}"},
        "two keys in one header": {"Authorization": f"Bearer {two}"},
        "a part of the key": {"X-Api-Key": write[:-1]},
        "the key in upper case": {"X-Api-Key": write.upper()},
    }.items():
        raw = request("POST", "/v1/feedback", headers, FEEDBACK)
        yield Attempt("feedback", f"the key as {name}", raw, (401,))
    raw = request("POST", "/api/layer2/feedback/", {"X-Api-Key": write}, FEEDBACK)
    yield Attempt("feedback", "the page's route with another header", raw, (403,))
    corrected = json.dumps({"query_id": QUERY_ID, "missing_widgets": ["kpi"]}).encode()
    for path, header, status in (
        ("/v1/feedback", "X-Api-Key", 202),
        ("/api/layer2/feedback/", "X-Feedback-Key", 200),
    ):
        raw = request("POST", path, {header: write}, corrected)
        name = f"a correction to {path} teaches nothing"
        yield Attempt("feedback", name, raw, (status,), tells=b"lacks the scope teach")


def _disguised(secrets: Mapping[str, str]) -> Iterator[Attempt]:
    for target in _DISGUISED:
        yield Attempt("none", target, request("GET", target), (400, 401, 403, 404))
    for method in _METHODS:
        raw = request(method, "/v1/experiences")
        yield Attempt("none", f"{method} /v1/experiences", raw, (400, 401, 405))
    override = {"X-HTTP-Method-Override": "POST", "X-Original-URL": "/v1/commands/rollback"}
    bearer = {"X-Api-Key": secrets["read"], **override}
    raw = request("POST", "/v1/experiences", bearer, b"{}")
    yield Attempt("read", "another method and path in headers", raw, (403,))


def _smuggled(secret: str) -> Iterator[Attempt]:
    hidden = b"GET /v1/experiences HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    for name, framing in {
        "length and chunks": "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "two lengths": "Content-Length: 4\r\nContent-Length: 5",
        "+ before the length": "Content-Length: +4",
        "negative length": "Content-Length: -4",
        "folded header": "Content-Length: 4\r\n folded",
        "space before the colon": "Transfer-Encoding : chunked",
        "unknown coding": "Transfer-Encoding: xchunked",
        "NUL in a header": "Content-Length: 4\r\nX: a\0b",
        "end of line in a name": "Content-Length: 4\r\nX\rY: z",
    }.items():
        raw = (
            f"POST /v1/commands/rollback HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            f"X-Api-Key: {secret}\r\n{framing}\r\n\r\n"
        ).encode("latin-1")
        yield Attempt("write", f"smuggled by {name}", raw + b"0\r\n\r\n" + hidden, (400, 403))
    bad = "zz\r\nxx\r\n0\r\n\r\n"
    raw = (
        f"POST /v1/feedback HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: {secret}\r\n"
        f"Transfer-Encoding: chunked\r\n\r\n{bad}"
    ).encode()
    yield Attempt("write", "a chunk size that is no number", raw, (400, CLOSED))


def _hostile_bodies(secret: str) -> Iterator[Attempt]:
    bomb = gzip.compress(b"0" * 64_000_000)
    for name, body, encoding, statuses in (
        ("gzip bomb", bomb, "gzip", (413,)),
        ("two gzip members", gzip.compress(b"{}") * 2, "gzip", (400,)),
        ("unknown encoding", b"{}", "br", (415,)),
        ("17 MB", b"[" + b" " * 17_000_000 + b"]", "identity", (413, CLOSED)),
        ("1001 items", b"[" + b"{}," * 1000 + b"{}]", "identity", (413,)),
        ("100,000 levels", b"[" * 100_000, "identity", (422,)),
        ("unbalanced brackets", b"1],[2", "identity", (422,)),
        ("an infinite number", b'{"query_id":"q","evaluation_confidence":1e999}', "", (422,)),
        ("no JSON", b"\xff\xfe\x00", "identity", (422,)),
        ("an id of control characters", b'{"query_id":"\\u001b[2J"}', "identity", (422,)),
    ):
        headers = {"X-Api-Key": secret, "Content-Encoding": encoding or "identity"}
        raw = request("POST", "/v1/feedback", headers, body)
        yield Attempt("write", name, raw, statuses)

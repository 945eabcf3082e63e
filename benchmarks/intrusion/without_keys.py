"""What a page or a program may not do while there is no key: the intake is open to this machine."""

from collections.abc import Iterator

from intrusion.attempt import CLOSED, Attempt, request

APPROVE = "/api/layer2/approve-training/"
_EVIL_HOSTS = (
    "evil.example:8600",
    "EVIL.EXAMPLE",
    "evil.example.",
    "127.0.0.1.evil.example",
    "localhost.evil.example:80",
    "127.0.0.1@evil.example",
    "0.0.0.0",  # noqa: S104
    "2130706433",
    "[::ffff:10.0.0.1]",
    "",
)
_TARGETS = (
    ("POST", APPROVE),
    ("POST", "/api/layer2/feedback/"),
    ("POST", "/v1/commands/rollback"),
    ("POST", "/v1/traces"),
    ("GET", "/api/layer2/rl-history/"),
    ("GET", "/v1/experiences"),
    ("GET", "/status"),
)
_FORWARDING = (
    {"X-Forwarded-For": "10.0.0.9"},
    {"X-Forwarded-Host": "evil.example"},
    {"Forwarded": "for=10.0.0.9;host=evil.example"},
)
_OTHER_SERVICES = ("reward", "trainer", "exporter", "ledger")


def attempts() -> Iterator[Attempt]:
    yield from _rebound()
    yield from _from_pages()
    yield from _costly()


def other_services() -> Iterator[Attempt]:
    for service in _OTHER_SERVICES:
        for path in ("/status", "/metrics"):
            raw = request("GET", path, host="evil.example:8601")
            yield Attempt("none", f"rebound page reads {path}", raw, (403,), service)
        raw = request("POST", "/status")
        yield Attempt("none", "POST /status", raw, (404, 405), service)


def _rebound() -> Iterator[Attempt]:
    for method, path in _TARGETS:
        origin = {"Origin": "http://evil.example:8600"}
        raw = request(method, path, origin, host="evil.example:8600")
        yield Attempt("none", f"rebound page: {method} {path}", raw, (403,))
    for host in _EVIL_HOSTS:
        raw = request("GET", "/v1/experiences", host=host)
        yield Attempt("none", f"Host {host!r}", raw, (400, 403))
    two = b"GET /v1/experiences HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n"
    yield Attempt("none", "two Host headers", two, (400, 403))
    none = b"GET /v1/experiences HTTP/1.0\r\n\r\n"
    yield Attempt("none", "no Host header", none, (400, 403, CLOSED))
    for headers in _FORWARDING:
        raw = request("GET", "/v1/experiences", headers)
        yield Attempt("none", f"through a proxy: {next(iter(headers))}", raw, (403,))


def _from_pages() -> Iterator[Attempt]:
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"):
        headers = {"Origin": origin, "Content-Type": "text/plain"}
        raw = request("POST", "/v1/feedback", headers, b'{"query_id":"q","rating":"up"}')
        yield Attempt("none", f"form of the page {origin}", raw, (403,))
    preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    yield Attempt("none", "preflight", request("OPTIONS", "/v1/feedback", preflight), (400,))


def _costly() -> Iterator[Attempt]:
    raw = request("POST", APPROVE, body=b"x" * 15_000_000)
    yield Attempt("none", "approve-training with 15 MB", raw, (413, CLOSED))
    head = raw[: raw.index(b"\r\n\r\n") + 4]
    yield Attempt("none", "approve-training that announces 15 MB", head, (413,))
    chunked = (
        f"POST {APPROVE} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    ).encode() + (b"400\r\n" + b"x" * 0x400 + b"\r\n") * 64
    yield Attempt("none", "approve-training with endless chunks", chunked, (413, CLOSED))
    for number in range(1, 23):
        raw = request("POST", APPROVE)
        right = 200 if number <= 20 else 429
        yield Attempt("none", f"approve-training, call {number} of a minute", raw, (right,))

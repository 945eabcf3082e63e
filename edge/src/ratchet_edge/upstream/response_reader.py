"""Reads one HTTP/1.1 response from its bytes."""

from dataclasses import dataclass

import httptools

from ratchet_edge.upstream.headers import Headers


class BrokenResponse(Exception):
    """The backend broke off a response."""


@dataclass(frozen=True)
class ResponseHead:
    status: int
    headers: Headers


class ResponseReader:
    """`closes` is whether the connection ends with the response; `unread` counts bytes."""

    def __init__(self) -> None:
        self.head: ResponseHead | None = None
        self.ended = self.closes = False
        self.unread = 0
        self._has_end = False
        self._fields: Headers = []
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Raises `BrokenResponse` for what is not HTTP/1.1."""
        if self.ended:
            self.closes = True  # nobody asked for what follows
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise BrokenResponse(f"its response is not HTTP/1.1: {error}") from error

    def take(self) -> bytes:
        """The part of the body that was fed and not yet taken."""
        body = b"".join(self._body) if len(self._body) != 1 else self._body[0]
        self._body.clear()
        self.unread = 0
        return body

    def without_body(self) -> None:
        """The response to HEAD ends with its head; what its headers state does not follow."""
        self.ended = self.closes = True

    def connection_ended(self) -> bool:
        """Whether that ends the response too."""
        self.closes = True
        self.ended |= self.head is not None and not self._has_end
        return self.ended

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        fields, self._fields = self._fields, []
        if status < 200 or self.ended:  # the response itself follows, or nobody asked for this
            self.closes |= self.ended
            return
        values = {name.lower(): value.lower() for name, value in fields}
        chunked = b"chunked" in values.get(b"transfer-encoding", b"")
        self._has_end = chunked or b"content-length" in values or status in (204, 304)
        self.closes = b"close" in values.get(b"connection", b"") or not self._has_end
        self.head = ResponseHead(status, fields)

    def on_body(self, body: bytes) -> None:
        if not self.ended:
            self._body.append(body)
            self.unread += len(body)

    def on_message_complete(self) -> None:
        self.ended = self.head is not None

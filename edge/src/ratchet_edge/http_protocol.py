"""Limits on HTTP connections: their number, the bytes of headers, and the time of a request."""

import asyncio
import logging
from collections import Counter as Counts
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from math import inf
from typing import Any

from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ratchet_edge.clients import network_of

_log = logging.getLogger(__name__)
_SWEEP_S = 1.0
_BETWEEN_WARNINGS_S = 10.0
_OVERHEAD = 8
"""Bytes on the wire for each byte of a chunked body; chunks of one byte take 6."""

refused_connections = Counter(
    "ratchet_connections_refused_total",
    "Connections refused or closed by a limit: connections, address, headers, slow.",
    ("limit",),
    registry=None,
)
"""Of the process: connections exist before and outside of an application."""
for _limit in ("connections", "address", "headers", "slow"):
    refused_connections.labels(_limit)


@dataclass
class ConnectionLimits:
    """The limits of one server and its open connections.

    `shared` are the addresses of proxies, which have no limit of their own.
    """

    connections: int
    per_address: int
    header_bytes: int
    header_s: float
    body_s: float
    shared: Sequence[str] = ()
    open: Counts[str] = field(default_factory=Counts)
    protocols: "set[LimitedProtocol]" = field(default_factory=set)
    now: float = 0.0  # at the last sweep: exact enough for deadlines, and read at no cost
    _sweeps: bool = False
    _warned_at: float = -inf
    _unwarned: int = 0

    def __post_init__(self) -> None:
        self._networks = _networks(self.shared)

    def exceeded(self, address: str) -> str | None:
        """The limit that a new connection from `address`, already counted, exceeds."""
        if len(self.protocols) > self.connections:
            return "connections"
        if self.open[network_of(address)] <= self.per_address or "*" in self.shared:
            return None
        return None if _is_in(address, self._networks) else "address"

    def report(self, limit: str, address: str, now: float) -> None:
        refused_connections.labels(limit).inc()
        self._unwarned += 1
        if now - self._warned_at >= _BETWEEN_WARNINGS_S:
            text = "%d connections were refused or closed, the last from %s: %s"
            _log.warning(text, self._unwarned, address, limit)
            self._warned_at, self._unwarned = now, 0

    def add(self, protocol: "LimitedProtocol") -> None:
        if not self._sweeps:
            self._sweeps, self.now = True, protocol.loop.time()
            protocol.loop.call_later(_SWEEP_S, self._sweep, protocol.loop)
        self.protocols.add(protocol)
        self.open[network_of(protocol.address)] += 1

    def remove(self, protocol: "LimitedProtocol") -> None:
        self.protocols.discard(protocol)
        network = network_of(protocol.address)
        self.open[network] -= 1
        if not self.open[network]:
            del self.open[network]

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self.now = loop.time()
        for protocol in [one for one in self.protocols if one.deadline < self.now]:
            protocol.refuse("slow", HTTPStatus.REQUEST_TIMEOUT)
        self._sweeps = bool(self.protocols)
        if self._sweeps:
            loop.call_later(_SWEEP_S, self._sweep, loop)


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits, which httptools lacks.

    It joins the parts of a header value one by one, so a large value would take the square of its
    length.
    """

    def __init__(self, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(**options)
        self.limits = limits
        self.address = ""
        self.deadline = inf
        self._refused = False
        self._in_head = True
        self._head_bytes = self._wire_bytes = self._body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self.limits.add(self)
        self.deadline = self.limits.now + self.limits.header_s
        if (limit := self.limits.exceeded(self.address)) is not None:
            self.refuse(limit, HTTPStatus.SERVICE_UNAVAILABLE)

    def connection_lost(self, exc: Exception | None) -> None:
        self.limits.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
        else:
            self._wire_bytes += len(data)
        HttpToolsProtocol.data_received(self, data)
        most = self.limits.header_bytes
        if self._in_head:
            if self._head_bytes > most:
                self.refuse("headers", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._wire_bytes > most + _OVERHEAD * self._body_bytes:  # trailers and extensions
            self.refuse("headers", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        self.deadline = self.limits.now + self.limits.header_s
        HttpToolsProtocol.on_message_begin(self)

    def on_headers_complete(self) -> None:
        most = self.limits.header_bytes
        if self._head_bytes > most:  # it may include the beginning of the body
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > most:
                self.refuse("headers", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self._refused:
            return
        self._in_head = False
        self._head_bytes = self._wire_bytes = self._body_bytes = 0
        self.deadline = self.limits.now + self.limits.body_s
        HttpToolsProtocol.on_headers_complete(self)

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            self._body_bytes += len(body)
            HttpToolsProtocol.on_body(self, body)

    def on_message_complete(self) -> None:
        if not self._refused:
            self._in_head, self.deadline = True, inf
            HttpToolsProtocol.on_message_complete(self)

    def refuse(self, limit: str, status: HTTPStatus) -> None:
        """Answer `status`, unless an answer has begun, and close the connection."""
        self._refused, self.deadline = True, inf
        self.limits.report(limit, self.address, self.loop.time())
        if self.transport.is_closing():
            return
        cycle = self.cycle
        idle = cycle is None or (self._in_head and cycle.response_complete)
        if idle or not (self._in_head or cycle.response_started):
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\nRetry-After: 5\r\n"
            self.transport.write(f"{head}Connection: close\r\nContent-Length: 0\r\n\r\n".encode())
        self.transport.close()


def limited_protocol(limits: ConnectionLimits) -> Any:
    """The class of a connection, as uvicorn calls it, with `limits`."""
    return partial(LimitedProtocol, limits)


def _networks(addresses: Sequence[str]) -> list[IPv4Network | IPv6Network]:
    networks = []
    for address in addresses:
        with suppress(ValueError):
            networks.append(ip_network(address, strict=False))
    return networks


def _is_in(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False

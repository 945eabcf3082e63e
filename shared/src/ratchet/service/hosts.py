"""Which hosts a request may name.

A page can have its own name resolve to this machine (DNS rebinding). The browser then lets it read
the answers, since they come from the page's own origin. Its requests still name its host.
"""

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from faststream.asgi.response import JSONResponse

from ratchet.setting_types import host_name
from ratchet.settings import ALLOWED_HOSTS, CommonSettings

LOOPBACK = "127.0.0.1"
_FORWARDED_HOST = re.compile(r'host\s*=\s*"?([^;,"]*)', re.IGNORECASE)
_OF_HOSTS = frozenset((b"host", b"x-forwarded-for", b"x-forwarded-host", b"forwarded"))
Headers = Iterable[tuple[bytes, bytes]]


class Hosts:
    """`listens_on` is the address of the service, `allowed` are further names (`HostNames`).

    A service on loopback is called by the names and addresses of loopback. Any other service is
    called by addresses and by names without a dot, as networks of containers give them: a page
    can have neither.
    """

    def __init__(self, listens_on: str, allowed: Iterable[str]) -> None:
        self.listed = frozenset(allowed)
        self._local = is_loopback(listens_on)

    def refusal(self, headers: Headers) -> str | None:
        """Why a request with these `headers` is refused; None if it is not.

        A proxy may replace the host that a page named by one of loopback. The host of a request
        that a proxy forwarded must therefore be listed.
        """
        named = ((name.lower(), value) for name, value in headers)
        sent = [(name, value.decode("latin-1")) for name, value in named if name in _OF_HOSTS]
        hosts = [value for name, value in sent if name == b"host"]
        if len(hosts) != 1:
            return f"send one Host header, not {len(hosts)}"
        forwarded = len(sent) > 1
        original = [host for name, value in sent for host in _forwarded_hosts(name, value)]
        for host in (*hosts, *original):
            if not self.admits(host):
                return (
                    f"this service is not called by the host {host[:100]!r}; add its name to "
                    f"{ALLOWED_HOSTS}"
                )
        if forwarded and host_name(hosts[0]) not in self.listed:
            return (
                "a proxy forwarded this request: create a key with `ratchet keys create`, or let "
                f"the proxy keep the Host header and add that name to {ALLOWED_HOSTS}"
            )
        return None

    def admits(self, host: str) -> bool:
        """Whether `host`, which may end with a port, is one of these hosts."""
        name = host_name(host)
        if name is None or name in self.listed:
            return name is not None
        return is_loopback(name) if self._local else _address(name) is not None or "." not in name


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address is not None and address.is_loopback


def known_hosts(app: Any, settings: CommonSettings) -> Any:
    """The ASGI application `app`, which answers 403 to requests for other hosts."""
    hosts = Hosts(settings.host, settings.allowed_hosts)

    async def checked(scope: Any, receive: Any, send: Any) -> None:
        refused = hosts.refusal(scope["headers"]) if scope["type"] == "http" else None
        if refused is None:
            await app(scope, receive, send)
        else:
            await JSONResponse({"error": refused}, 403)(scope, receive, send)

    return checked


Guard = Callable[[Any, CommonSettings], Any]


def _forwarded_hosts(name: bytes, value: str) -> list[str]:
    if name == b"x-forwarded-host":
        return value.split(",")
    return _FORWARDED_HOST.findall(value) if name == b"forwarded" else []


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None

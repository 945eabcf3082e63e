"""The client of a request."""

from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network

from starlette.types import Scope

from ratchet_edge.access import Scope as KeyScope
from ratchet_edge.access import with_included
from ratchet_edge.keys.key_file import Key


@dataclass(frozen=True)
class Client:
    """Identified by its API key if it sent one, else by its address."""

    address: str
    key: Key | None = None

    @property
    def id(self) -> str:
        return f"key:{self.key.key_id}" if self.key else f"address:{self.address}"

    @property
    def is_browser(self) -> bool:
        """Whether its key may give feedback and not write: many browsers hold the same one."""
        return self.key is not None and not self.may(KeyScope.WRITE)

    @cached_property
    def share(self) -> str:
        """Who shares limits with it.

        Its key, or the network that can take any of its addresses; for a browser's key each network
        that uses it.
        """
        if self.key and not self.is_browser:
            return self.id
        network = f"address:{network_of(self.address)}"
        return f"{self.id}:{network}" if self.key else network

    def may(self, scope: KeyScope) -> bool:
        """Whether its key has `scope`; without one, the service is open to everyone."""
        return self.key is None or scope in with_included(self.key.scopes)

    @property
    def name(self) -> str:
        return self.key.name if self.key else self.address


def network_of(address: str) -> str:
    """`address`; of an IPv6 address its /64, which one host can use as a whole."""
    if ":" not in address:
        return address
    try:
        return str(ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


def client_of(scope: Scope) -> Client:
    """The client that `Authentication` put into the scope."""
    client: Client = scope["state"]["client"]
    return client

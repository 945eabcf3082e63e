"""The client of a request."""

from dataclasses import dataclass

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

    def may(self, scope: KeyScope) -> bool:
        """Whether its key has `scope`; without one, the service is open to everyone."""
        return self.key is None or scope in with_included(self.key.scopes)

    @property
    def name(self) -> str:
        return self.key.name if self.key else self.address


def client_of(scope: Scope) -> Client:
    """The client that `Authentication` put into the scope."""
    client: Client = scope["state"]["client"]
    return client

"""The client of a request."""

from dataclasses import dataclass

from starlette.types import Scope

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
    def name(self) -> str:
        return self.key.name if self.key else self.address


def client_of(scope: Scope) -> Client:
    """The client that `Authentication` put into the scope."""
    client: Client = scope["state"]["client"]
    return client

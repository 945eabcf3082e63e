"""The protocol of a registry, and its errors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from exporter.domain.parity.answers import ServerAnswer
from exporter.domain.registry.chat_template import ChatTemplate
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.turn_format import Message
from ratchet.contract import ChatMessage, RegistryKind


class RegistryError(RuntimeError):
    """The registry is unavailable or lost the connection: a retry may succeed."""


class RegistrationMismatch(RuntimeError):
    """The registry stores a version differently than it was sent: a retry would end the same."""


class RenderingRefused(RuntimeError):
    """The server rejects a chat of the model, by a 4xx: a retry would end the same."""


_LATER = frozenset({401, 403, 404, 408, 425, 429})
"""Statuses of 4xx that tell of credentials, of time or of a missing model, not of the chat."""


def rejects_content(status: int) -> bool:
    """Whether an HTTP `status` says that the same request would be rejected again."""
    return 400 <= status < 500 and status not in _LATER


class Registry(Protocol):
    """Versions of one model name; tags are immutable, one alias names the active version.

    Every method raises `RegistryError` or `OSError` when it fails.
    """

    @property
    def kind(self) -> RegistryKind: ...

    @property
    def server_version(self) -> str | None:
        """The server's version at the last `available`, None for a registry without a server."""

    async def available(self) -> bool:
        """Whether the registry responds; never raises."""

    async def register(
        self, record: ModelRecord, gguf: Path, template: ChatTemplate | None = None
    ) -> None:
        """Make `record.version` servable; does nothing when it is registered already.

        Its chats are rendered by `template`, which replaces that of a registered version; without
        one, by the template inside the file. Raises `RegistrationMismatch` when the registered
        version has other settings than `record`.
        """

    async def renderings(
        self, version: str, chats: Sequence[Sequence[Message]]
    ) -> tuple[tuple[str, ...], ...] | None:
        """The texts that `version` reads for each of `chats`, one for each call of the server.

        Empty if the server does not report them, None for a registry without a server. Raises
        `RenderingRefused`.
        """

    async def answers(
        self, version: str, prompts: Sequence[Sequence[ChatMessage]], limit: int
    ) -> tuple[ServerAnswer, ...] | None:
        """The greedy answers of `version`, each prompt in its messages.

        At most `limit` tokens each. None for a registry that stores models without serving them.
        """

    async def move_alias(self, version: str) -> str | None:
        """Make the registered `version` the active one; returns the version it replaces."""

    async def versions(self) -> tuple[str, ...]:
        """All registered versions, oldest first."""

    async def active(self) -> str | None: ...

    async def remove(self, version: str) -> None:
        """Remove a version that is not active; does nothing when it is not registered."""

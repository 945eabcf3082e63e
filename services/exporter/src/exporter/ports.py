"""What the handlers need from outside: someone to export, somewhere to register."""

from collections.abc import Sequence, Set
from pathlib import Path
from typing import Literal, Protocol

from exporter.domain.export_messages import Exported, NotExported
from exporter.domain.parity.answers import Heard
from exporter.domain.registry.alias_history import Move
from exporter.domain.registry.record import ModelRecord
from ratchet.models import AdapterManifest

RegistryKind = Literal["ollama", "local"]


class RegistryTrouble(RuntimeError):
    """The registry cannot be reached, or broke off: worth another try."""


class NotAsSent(RuntimeError):
    """The registry holds a version in another way than it was sent: it would again."""


class ExportBroke(RuntimeError):
    """The export process ended without an answer: worth another try."""


class Registry(Protocol):
    """Versions of one model name; tags are immutable, one alias names the active version.

    Every method raises `RegistryTrouble` or `OSError` when it could not do its work.
    """

    @property
    def kind(self) -> RegistryKind: ...

    @property
    def server(self) -> str | None:
        """The version of the server at the last `available`, None where there is no server."""

    async def available(self) -> bool:
        """Whether the registry answers at all; never raises."""

    async def register(self, record: ModelRecord, gguf: Path) -> None:
        """Make `record.version` servable; does nothing when it is registered already.

        Raises `NotAsSent` when what is registered is not what `record` says.
        """

    async def ask(
        self, version: str, prompts: Sequence[str], limit: int
    ) -> tuple[Heard, ...] | None:
        """What `version` says to each of `prompts` as the only user turn, greedily.

        At most `limit` tokens each. None where this registry only keeps models.
        """

    async def move_alias(self, version: str) -> str | None:
        """Make the registered `version` the active one; returns which was before it."""

    async def versions(self) -> tuple[str, ...]:
        """All registered versions, oldest first."""

    async def active(self) -> str | None: ...

    async def remove(self, version: str) -> None:
        """Remove a version that is not active; does nothing when it is not there."""


class Records(Registry, Protocol):
    """The registry that also remembers what was registered: its word counts after a crash."""

    async def record(self, version: str) -> ModelRecord | None: ...

    def gguf(self, version: str) -> Path:
        """Where the file of a registered version lies, if it is still there."""


class Told(Protocol):
    def silence(self, run_ids: Set[str]) -> int:
        """Erase what the models of `run_ids` said from their records; returns how many changed.

        Raises `OSError`.
        """


class Journal(Protocol):
    """The history of the alias; both raise `OSError`."""

    def read(self) -> tuple[Move, ...]: ...

    def append(self, move: Move) -> None:
        """Durable when this returns."""


class Exporter(Protocol):
    async def export(self, version: str, manifest: AdapterManifest) -> Exported | NotExported:
        """Merge, convert, quantize, compare and store; raises `ExportBroke`."""

"""What the handlers need from outside: someone to export, somewhere to register."""

from pathlib import Path
from typing import Literal, Protocol

from exporter.domain.history import Move
from exporter.domain.job import Exported, NotExported
from exporter.domain.record import ModelRecord
from ratchet.manifest import AdapterManifest

RegistryKind = Literal["ollama", "local"]


class RegistryTrouble(RuntimeError):
    """The registry cannot be reached, or broke off: worth another try."""


class ExportBroke(RuntimeError):
    """The export process ended without an answer: worth another try."""


class Registry(Protocol):
    """Versions of one model name; tags are immutable, one alias names the active version.

    Every method raises `RegistryTrouble` or `OSError` when it could not do its work.
    """

    @property
    def kind(self) -> RegistryKind: ...

    async def available(self) -> bool:
        """Whether the registry answers at all; never raises."""

    async def register(self, record: ModelRecord, gguf: Path) -> None:
        """Make `record.version` servable; does nothing when it is registered already."""

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


class Journal(Protocol):
    """The history of the alias; both raise `OSError`."""

    def read(self) -> tuple[Move, ...]: ...

    def append(self, move: Move) -> None:
        """Durable when this returns."""


class Exporter(Protocol):
    async def export(self, version: str, manifest: AdapterManifest) -> Exported | NotExported:
        """Merge, convert, quantize, compare and store; raises `ExportBroke`."""

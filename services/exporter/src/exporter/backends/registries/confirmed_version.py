"""The version as which the server of the alias last answered, in a file."""

from pathlib import Path

from ratchet.storage import write_whole


class ConfirmedVersion:
    """The way back from a version that is served wrongly, also after a restart of the exporter."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        """None if the server's last answers were those of no version. Raises `OSError`."""
        return self._path.read_text(encoding="utf-8") if self._path.exists() else None

    def write(self, version: str | None) -> None:
        """Raises `OSError`."""
        if version is None:
            self._path.unlink(missing_ok=True)
        elif version != self.read():
            write_whole(self._path, version.encode())

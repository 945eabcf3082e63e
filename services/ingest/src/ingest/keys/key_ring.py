"""The keys in force, read again when their file has changed."""

import logging
from dataclasses import dataclass
from hmac import compare_digest
from time import monotonic

from ingest.domain.access import Bearer
from ingest.keys.key_file import Key, KeyFile, KeysUnreadable, digest_of

_log = logging.getLogger(__name__)
_Stamp = tuple[int, int, int] | None


@dataclass
class KeyRing:
    """Raises `KeysUnreadable` when it is made; later the keys of before stay in force.

    The file is looked at once in `look_s`, for that takes longer than the rest of a check.
    """

    file: KeyFile
    problem: str | None = None
    look_s: float = 0.1

    def __post_init__(self) -> None:
        self._looked_at = monotonic()
        self._stamp = self._stamped()
        self._keys = self.file.read()

    def keys(self) -> tuple[Key, ...]:
        now = monotonic()
        if now - self._looked_at < self.look_s:
            return self._keys
        self._looked_at = now
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keys = self.file.read()
                self.problem = None
                _log.info("keys read again, %d in force", len(self._keys))
            except KeysUnreadable as error:
                self.problem = f"the keys of before stay in force: {error}"
                _log.error(self.problem)
        return self._keys

    def key_of(self, secret: str) -> Key | None:
        """Every digest is compared, each in constant time."""
        digest = digest_of(secret)
        found = [key for key in self.keys() if compare_digest(key.digest, digest)]
        return found[0] if found else None

    def _stamped(self) -> _Stamp:
        try:
            found = self.file.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def bearer_of(secret: str | None, key: Key | None) -> Bearer:
    return Bearer(bool(secret), key is not None, frozenset(key.scopes) if key else frozenset())

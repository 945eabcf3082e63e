"""The valid keys, read again when their file changes."""

import logging
from dataclasses import dataclass
from hmac import compare_digest
from time import monotonic

from ratchet_edge.access import Credentials, with_included
from ratchet_edge.keys.key_file import Key, KeyFile, KeyFileUnreadable, digest_of

_log = logging.getLogger(__name__)
_Stamp = tuple[int, int, int] | None


@dataclass
class KeyRing:
    """While the file cannot be read, the keys read before stay valid, and `problem` has the reason.

    `unreadable` is that reason where no keys were read before: nobody can be admitted. The file is
    checked once in `check_s`, because that takes longer than the rest of a request.
    Keys of an earlier release are recorded as having existed.
    """

    file: KeyFile
    problem: str | None = None
    unreadable: str | None = None
    check_s: float = 0.1

    def __post_init__(self) -> None:
        self._checked_at = monotonic()
        self._stamp = self._file_stamp()
        try:
            self._keys = self.file.read()
        except KeyFileUnreadable as error:
            self._keys = ()
            self.problem = self.unreadable = str(error)
            _log.error("every call is refused: %s", error)
        if self._keys:
            try:
                self.file.require()
            except OSError as error:
                _log.warning("cannot record that keys have existed: %s", error)
        self._required = self.file.required

    @property
    def required(self) -> bool:
        """Whether callers need a key: one is valid, or one has existed."""
        return bool(self.keys()) or self._required or self.unreadable is not None

    def keys(self) -> tuple[Key, ...]:
        now = monotonic()
        if now - self._checked_at < self.check_s:
            return self._keys
        self._checked_at = now
        self._required = self.file.required
        stamp = self._file_stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keys = self.file.read()
                self.problem = self.unreadable = None
                _log.info("keys read again, %d valid", len(self._keys))
            except KeyFileUnreadable as error:
                kept = f"the keys read before stay valid: {error}"
                self.problem = kept if self.unreadable is None else str(error)
                _log.error(self.problem)
        return self._keys

    def key_of(self, secret: str) -> Key | None:
        """Compares every digest in constant time, so that timing reveals nothing about a secret."""
        digest = digest_of(secret)
        matches = [key for key in self.keys() if compare_digest(key.digest, digest)]
        return matches[0] if matches else None

    def _file_stamp(self) -> _Stamp:
        try:
            stat = self.file.path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def credentials_of(secret: str | None, key: Key | None) -> Credentials:
    return Credentials(bool(secret), key is not None, with_included(key.scopes if key else ()))

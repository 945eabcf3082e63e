"""API keys: a file of digests, which services read and `ratchet keys` writes."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from filelock import FileLock
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ratchet.storage import write_whole
from ratchet_edge.access import Scope

LEAST_SECRET = 16
_PREFIX = "ratchet_"
_MARKER_TEXT = b"""API keys have existed: without a valid key every call is refused.
`ratchet keys open` ends that.
"""


class KeyFileUnreadable(Exception):
    """The key file exists and cannot be read; the message names it and the remedy."""


class UnknownKey(KeyError):
    """There is no key of this id."""

    def __str__(self) -> str:
        return f"there is no key {self.args[0]}: `ratchet keys list` shows all keys"


class Key(BaseModel):
    """`digest` is the SHA-256 of the secret, which is not stored.

    `per_minute` is the limit of this key's feedback calls, None for the limit of the service.
    """

    model_config = ConfigDict(frozen=True)

    key_id: str
    name: str
    scopes: frozenset[Scope]
    digest: str
    created_at: AwareDatetime
    per_minute: int | None = Field(default=None, ge=1)


_KEYS = TypeAdapter(tuple[Key, ...])


class KeyFile:
    """Writers take a lock and replace the file as a whole, so a reader never sees a part of it.

    A second file records that keys have existed: without it, removing the file of the keys would
    let every caller in.
    """

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "api-keys.json"
        self._marker = self.path.with_suffix(".required")

    @property
    def required(self) -> bool:
        """Whether callers need a key: one has existed, and `let_everyone_in` was not called."""
        return self._marker.exists() or self.path.exists()

    def require(self) -> None:
        """Records that keys have existed; raises `OSError`."""
        if not self._marker.exists():
            write_whole(self._marker, _MARKER_TEXT)

    def let_everyone_in(self) -> None:
        """Forgets that keys have existed; raises `ValueError` while there is a valid key."""
        with self._locked():
            if keys := self.read():
                raise ValueError(
                    f"{len(keys)} keys are valid: revoke them first with `ratchet keys revoke`"
                )
            self.path.unlink(missing_ok=True)
            self._marker.unlink(missing_ok=True)

    def read(self) -> tuple[Key, ...]:
        """Every valid key, the oldest first; raises `KeyFileUnreadable`."""
        try:
            return _KEYS.validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError) as error:
            raise KeyFileUnreadable(
                f"{self.path} cannot be read: {error}. Restore it, or remove it and create new "
                "keys with `ratchet keys create`."
            ) from error

    def create(
        self,
        name: str,
        scopes: Sequence[Scope],
        created_at: datetime,
        secret: str | None = None,
        per_minute: int | None = None,
    ) -> tuple[Key, str]:
        """The new key and its secret, which is random unless `secret` is passed.

        Raises `ValueError` for a `secret` that is too short or belongs to another key.
        """
        secret = secret if secret is not None else _PREFIX + secrets.token_urlsafe(32)
        if len(secret) < LEAST_SECRET:
            raise ValueError(f"the secret is too short: use at least {LEAST_SECRET} characters")
        key = Key(
            key_id=secrets.token_hex(4),
            name=name,
            scopes=frozenset(scopes),
            digest=digest_of(secret),
            created_at=created_at,
            per_minute=per_minute,
        )
        with self._locked():
            keys = self.read()
            for known in keys:
                if known.digest == key.digest:
                    raise ValueError(f"this secret belongs to key {known.key_id}: use another one")
            self._write((*keys, key))
        return key, secret

    def revoke(self, key_id: str) -> Key:
        """The revoked key; raises `UnknownKey` if there is none."""
        with self._locked():
            keys = {key.key_id: key for key in self.read()}
            if key_id not in keys:
                raise UnknownKey(key_id)
            revoked = keys.pop(key_id)
            self._write(tuple(keys.values()))
        return revoked

    def _locked(self) -> FileLock:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return FileLock(self.path.with_suffix(".lock"))

    def _write(self, keys: tuple[Key, ...]) -> None:
        self.require()
        write_whole(self.path, _KEYS.dump_json(keys, indent=1))


def digest_of(secret: str) -> str:
    """SHA-256. Generated secrets have 256 bits, so guessing cannot invert even one round."""
    return hashlib.sha256(secret.encode()).hexdigest()

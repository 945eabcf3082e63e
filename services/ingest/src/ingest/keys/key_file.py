"""Keys that open the HTTP API: a file of digests, which services read and `ratchet keys` writes."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from filelock import FileLock
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ratchet.storage import write_whole

LEAST_SECRET = 16
_PREFIX = "ratchet_"


class Scope(StrEnum):
    WRITE = "write"
    READ = "read"
    OPERATE = "operate"


class KeysUnreadable(Exception):
    """There is a file of keys that cannot be read; the message names it and the remedy."""


class Key(BaseModel):
    """`digest` is the SHA-256 of the secret, which is nowhere kept.

    `per_minute` is how much feedback this key may send, None for what the service allows.
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
    """Writers take turns; a reader finds the keys of before or of after, never a part."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "api-keys.json"

    def read(self) -> tuple[Key, ...]:
        """Every key in force, oldest first; raises `KeysUnreadable`."""
        try:
            return _KEYS.validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError) as error:
            raise KeysUnreadable(
                f"{self.path} cannot be read: {error}; restore it, or remove it and make new "
                "keys with `ratchet keys create`"
            ) from error

    def create(
        self,
        name: str,
        scopes: Sequence[Scope],
        created_at: datetime,
        secret: str | None = None,
        per_minute: int | None = None,
    ) -> tuple[Key, str]:
        """The new key and its secret, drawn unless one is brought.

        Raises `ValueError` for a secret that is short or bears a key already.
        """
        secret = secret if secret is not None else _PREFIX + secrets.token_urlsafe(32)
        if len(secret) < LEAST_SECRET:
            raise ValueError(f"a secret has at least {LEAST_SECRET} characters; bring a longer one")
        key = Key(
            key_id=secrets.token_hex(4),
            name=name,
            scopes=frozenset(scopes),
            digest=digest_of(secret),
            created_at=created_at,
            per_minute=per_minute,
        )
        with self._turn():
            keys = self.read()
            for known in keys:
                if known.digest == key.digest:
                    raise ValueError(f"this secret is that of key {known.key_id} already")
            self._write((*keys, key))
        return key, secret

    def revoke(self, key_id: str) -> Key:
        """The key that was taken out of force; raises `KeyError` where there is none."""
        with self._turn():
            keys = {key.key_id: key for key in self.read()}
            revoked = keys.pop(key_id)
            self._write(tuple(keys.values()))
        return revoked

    def _turn(self) -> FileLock:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.path.with_suffix(".lock"))

    def _write(self, keys: tuple[Key, ...]) -> None:
        write_whole(self.path, _KEYS.dump_json(keys, indent=1))


def digest_of(secret: str) -> str:
    """Drawn secrets have 256 bits, so that one round of SHA-256 cannot be undone by guessing."""
    return hashlib.sha256(secret.encode()).hexdigest()

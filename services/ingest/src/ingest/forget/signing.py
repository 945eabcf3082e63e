"""The installation's Ed25519 key, the one that signs bundles, made where there is none."""

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ratchet.durable import flush, write_whole


class UnusableKey(ValueError):
    """The file holds no Ed25519 key; the message names it."""


class ReceiptKey:
    """`id` is the first 16 hex characters of the sha256 of the raw public key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.id = hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]

    def sign(self, content: bytes) -> str:
        return self._key.sign(content).hex()


def receipt_key(path: Path) -> ReceiptKey:
    """Raises `UnusableKey` and `OSError`."""
    if not path.exists():
        return ReceiptKey(_make(path))
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise UnusableKey(f"{path}: no private key in PEM without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKey(f"{path}: a private key, but not for Ed25519")
    return ReceiptKey(key)


def _make(path: Path) -> Ed25519PrivateKey:
    """Its owner alone can read it; the public half lies beside it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    aside = path.with_suffix(".part")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    flush(aside)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_whole(path.with_name(f"{path.stem}.pub.pem"), public)
    aside.replace(path)
    flush(path.parent)
    return key

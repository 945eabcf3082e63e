"""Ed25519 keys in PEM files; needs the optional library `cryptography`."""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ratchet.storage.durable_write import flush, write_whole

_P = 2**255 - 19
_ORDER_8 = (
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)
_OF_LOW_ORDER = frozenset({0, 1, _P - 1, _P, _P + 1, *_ORDER_8})
"""The y coordinates of points of low order, for which anybody can make signatures (RFC 8032)."""


class UnusableKey(ValueError):
    """The file has no readable Ed25519 key; the message names it."""


class PublicKey:
    """`id` is the first 16 hex characters of the sha256 of the raw key."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self.id = hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]

    def verifies(self, signature: bytes, content: bytes) -> bool:
        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> bytes:
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class SigningKey:
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())

    def sign(self, content: bytes) -> bytes:
        return self._key.sign(content)


def read_signing_key(path: Path) -> SigningKey:
    """Raises `UnusableKey` and `OSError`."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusableKey(f"{path}: not a PEM private key without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKey(f"{path}: a private key, but not for Ed25519")
    return SigningKey(key)


def read_public_key(path: Path) -> PublicKey:
    """Raises `UnusableKey` and `OSError`."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKey(f"{path}: not a PEM public key") from error
    return public_key(key, path)


def public_key(key: object, path: Path) -> PublicKey:
    """A key that `path` holds; raises `UnusableKey` if others can make signatures of it."""
    if not isinstance(key, Ed25519PublicKey):
        raise UnusableKey(f"{path}: a public key, but not for Ed25519")
    if int.from_bytes(key.public_bytes_raw(), "little") & (2**255 - 1) in _OF_LOW_ORDER:
        raise UnusableKey(f"{path}: a key of low order, which verifies anything")
    return PublicKey(key)


def make_signing_key(path: Path) -> SigningKey:
    """Create a key file with mode 600 and the public key beside it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    aside = path.with_suffix(".part")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    flush(aside)
    signing = SigningKey(key)
    write_whole(public_half(path), signing.public.pem())
    aside.replace(path)
    flush(path.parent)
    return signing


def public_half(path: Path) -> Path:
    """The path of the public key beside the private key `path`."""
    return path.with_name(f"{path.stem}.pub.pem")

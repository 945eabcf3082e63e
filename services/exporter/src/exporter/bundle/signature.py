"""Signs the index of a bundle, and verifies it with the trusted keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exporter.bundle.consistency import parse_member
from exporter.domain.bundle import SIGNATURE, BundleRefused, BundleSignature, document
from ratchet.storage.signing_keys import PublicKey, SigningKey


@dataclass(frozen=True)
class TrustedKeys:
    """`keys` by their ids; every public key that is copied to `directory` is trusted."""

    keys: Mapping[str, PublicKey]
    directory: Path


def sign_index(index: bytes, key: SigningKey) -> bytes:
    """The content of `index.sig`."""
    return document(BundleSignature(key_id=key.public.id, signature=key.sign(index).hex()))


def check_signature(index: bytes, signature: bytes, trusted: TrustedKeys) -> None:
    """Raises `BundleRefused`; for an unknown key the message says how to trust it."""
    claimed = parse_member(SIGNATURE, BundleSignature, signature)
    if document(claimed) != signature:
        raise BundleRefused(f"{SIGNATURE}: has more fields than a signature")
    key = trusted.keys.get(claimed.key_id)
    if key is None:
        raise BundleRefused(
            f"{SIGNATURE}: key {claimed.key_id} is not trusted here; to trust its owner: "
            f"mkdir -p {trusted.directory} && cp bundle.pub.pem {trusted.directory}/"
        )
    if not key.verifies(bytes.fromhex(claimed.signature), index):
        raise BundleRefused(f"{SIGNATURE}: not the signature of this index by key {key.id}")

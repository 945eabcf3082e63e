"""Who vouches for an index: signed by one key, trusted by those that a plant names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exporter.bundle.consistency import parsed
from exporter.domain.bundle import SIGNATURE, BundleRefused, Signature, document
from ratchet.storage.signing_keys import PublicKey, SigningKey


@dataclass(frozen=True)
class Trusted:
    """`keys` by their ids; a public key in `directory` is trusted from then on."""

    keys: Mapping[str, PublicKey]
    directory: Path


def signed(index: bytes, key: SigningKey) -> bytes:
    """The content of `index.sig`."""
    return document(Signature(key_id=key.public.id, signature=key.sign(index).hex()))


def check_signature(index: bytes, signature: bytes, trusted: Trusted) -> None:
    """Raises `BundleRefused`; for a key nobody trusts it says how to trust it."""
    claimed = parsed(SIGNATURE, Signature, signature)
    if document(claimed) != signature:
        raise BundleRefused(f"{SIGNATURE}: holds more than a signature")
    key = trusted.keys.get(claimed.key_id)
    if key is None:
        raise BundleRefused(
            f"{SIGNATURE}: key {claimed.key_id} is not trusted here; if its owner is: "
            f"mkdir -p {trusted.directory} && cp bundle.pub.pem {trusted.directory}/"
        )
    if not key.verifies(bytes.fromhex(claimed.signature), index):
        raise BundleRefused(f"{SIGNATURE}: not what key {key.id} signs this index with")

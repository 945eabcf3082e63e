"""Signs the index of a bundle, and verifies it with the keys whose bundles may be installed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exporter.bundle.consistency import parse_member
from exporter.domain.bundle import SIGNATURE, BundleRefused, BundleSignature, document
from exporter.settings import ExporterSettings
from ratchet.storage.signing_keys import (
    PublicKey,
    SigningKey,
    make_signing_key,
    read_public_key,
    read_signing_key,
)


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


def own_key(settings: ExporterSettings) -> tuple[SigningKey, bool]:
    """The signing key, and whether it was created by this call.

    A key that a setting names is never created: with a mistyped path, bundles would be signed by a
    key that no plant trusts. Raises `UnusableKey` and `OSError`.
    """
    path = settings.signing_key_path
    if settings.exporter_signing_key is None and not path.exists():
        return make_signing_key(path), True
    return read_signing_key(path), False


def trusted_keys(settings: ExporterSettings, also: Path | None) -> TrustedKeys:
    """The keys in the directory of trusted keys, this system's own, and the one in file `also`.

    Raises `UnusableKey` and `OSError` if one of them cannot be read.
    """
    directory = settings.trusted_keys_path
    keys = [read_public_key(path) for path in sorted(directory.glob("*.pem"))]
    if settings.signing_key_path.exists():
        keys.append(read_signing_key(settings.signing_key_path).public)
    if also is not None:
        keys.append(read_public_key(also))
    return TrustedKeys({key.id: key for key in keys}, directory)

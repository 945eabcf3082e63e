"""Signs the index of a bundle, and verifies it with the keys whose bundles may be installed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from exporter.backends.key_certificates import TrustedKey, certificate_path, read_trusted_key
from exporter.bundle.consistency import parse_member
from exporter.domain.bundle import SIGNATURE, BundleRefused, BundleSignature, document
from exporter.settings import ExporterSettings
from ratchet.storage.signing_keys import (
    SigningKey,
    UnusableKey,
    make_signing_key,
    read_signing_key,
)


@dataclass(frozen=True)
class TrustedKeys:
    """`keys` by their ids; every public key that is copied to `directory` is trusted."""

    keys: Mapping[str, TrustedKey]
    directory: Path

    @classmethod
    def of(cls, keys: Iterable[TrustedKey], directory: Path) -> Self:
        """Of several files with one key, the one that lasts longest counts: a renewal is a copy."""
        by_id: dict[str, TrustedKey] = {}
        for trusted in keys:
            known = by_id.get(trusted.key.id)
            if known is None or trusted.lasts_longer_than(known):
                by_id[trusted.key.id] = trusted
        return cls(by_id, directory)


def sign_index(index: bytes, key: SigningKey) -> bytes:
    """The content of `index.sig`."""
    return document(BundleSignature(key_id=key.public.id, signature=key.sign(index).hex()))


def check_signature(index: bytes, signature: bytes, trusted: TrustedKeys, now: datetime) -> None:
    """Raises `BundleRefused`; for an unknown or expired key the message says how to trust it."""
    claimed = parse_member(SIGNATURE, BundleSignature, signature)
    if document(claimed) != signature:
        raise BundleRefused(f"{SIGNATURE}: has more fields than a signature")
    known = trusted.keys.get(claimed.key_id)
    if known is None:
        raise BundleRefused(
            f"{SIGNATURE}: key {claimed.key_id} is not trusted here; to trust its owner: "
            f"mkdir -p {trusted.directory} && cp bundle.pub.pem {trusted.directory}/"
        )
    if not known.key.verifies(bytes.fromhex(claimed.signature), index):
        raise BundleRefused(f"{SIGNATURE}: not the signature of this index by key {known.key.id}")
    if known.expired(now):
        raise BundleRefused(
            f"{SIGNATURE}: key {known.key.id} expired at {known.expires_at:%Y-%m-%d %H:%M} UTC; "
            f"copy a new certificate from its owner to {trusted.directory}"
        )


def own_key(settings: ExporterSettings, now: datetime) -> tuple[SigningKey, bool]:
    """The signing key, and whether it was created by this call.

    A key that a setting names is never created: with a mistyped path, bundles would be signed by a
    key that no plant trusts. Raises `BundleRefused` for an expired one, `UnusableKey`, `OSError`.
    """
    path = settings.signing_key_path
    if settings.exporter_signing_key is None and not path.exists():
        return make_signing_key(path), True
    key = read_signing_key(path)
    if own_trust(path, key).expired(now):
        raise BundleRefused(
            f"{certificate_path(path)}: the signing key has expired, and no plant would install "
            "the bundle: `python -m exporter certify`, and copy the new certificate to the plants"
        )
    return key, False


def own_trust(path: Path, key: SigningKey) -> TrustedKey:
    """The system's own key, which expires with the certificate beside it if that is there.

    Raises `UnusableKey` and `OSError`.
    """
    certificate = certificate_path(path)
    if not certificate.exists():
        return TrustedKey(key.public, None)
    trusted = read_trusted_key(certificate)
    if trusted.key.id != key.public.id:
        raise UnusableKey(
            f"{certificate}: of another key than {path}: remove it, or certify the key again"
        )
    return trusted


def trusted_keys(settings: ExporterSettings, also: Path | None) -> TrustedKeys:
    """The keys in the directory of trusted keys, this system's own, and the one in file `also`.

    Raises `UnusableKey` and `OSError` if one of them cannot be read.
    """
    directory, own = settings.trusted_keys_path, settings.signing_key_path
    keys = [read_trusted_key(path) for path in sorted(directory.glob("*.pem"))]
    if own.exists():
        keys.append(own_trust(own, read_signing_key(own)))
    if also is not None:
        keys.append(read_trusted_key(also))
    return TrustedKeys.of(keys, directory)

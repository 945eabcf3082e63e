"""Certificates of the keys that sign bundles: X.509, each signed by its own key, in PEM.

`openssl req -x509 -key bundle.pem -days 365 -subj /CN=NAME -out bundle.crt.pem` makes one, too.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from ratchet.storage import write_whole
from ratchet.storage.signing_keys import (
    PublicKey,
    UnusableKey,
    public_key,
    read_public_key,
    read_signing_key,
)

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class TrustedKey:
    """A key whose bundles may be installed until `expires_at`; None: without an end."""

    key: PublicKey
    expires_at: datetime | None

    def lasts_longer_than(self, other: "TrustedKey") -> bool:
        if self.expires_at is None or other.expires_at is None:
            return self.expires_at is None
        return self.expires_at > other.expires_at

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def certificate_path(signing_key: Path) -> Path:
    """The path of the certificate beside the private key."""
    return signing_key.with_name(f"{signing_key.stem}.crt.pem")


def read_trusted_key(path: Path) -> TrustedKey:
    """The key in `path`, a public key or a certificate; raises `UnusableKey` and `OSError`."""
    content = path.read_bytes()
    if _CERTIFICATE not in content:
        return TrustedKey(read_public_key(path), None)
    try:
        certificate = x509.load_pem_x509_certificate(content)
        key = public_key(certificate.public_key(), path)
        certificate.verify_directly_issued_by(certificate)
    except InvalidSignature as error:
        raise UnusableKey(f"{path}: a certificate that its own key has not signed") from error
    except UnusableKey:
        raise
    except (ValueError, TypeError) as error:
        raise UnusableKey(f"{path}: not a PEM certificate of an Ed25519 key") from error
    return TrustedKey(key, certificate.not_valid_after_utc)


def write_certificate(signing_key: Path, now: datetime, expires_at: datetime) -> Path:
    """Certify the key in `signing_key` until `expires_at`; raises `UnusableKey` and `OSError`."""
    key_id = read_signing_key(signing_key).public.id
    private = load_pem_private_key(signing_key.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise UnusableKey(f"{signing_key}: changed while it was read")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ratchet bundles {key_id}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(expires_at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, algorithm=None)
    )
    path = certificate_path(signing_key)
    write_whole(path, certificate.public_bytes(Encoding.PEM))
    return path

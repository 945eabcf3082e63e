"""Which key signs here, and whose bundles are taken."""

from pathlib import Path

from exporter.bundle.signature import Trusted
from exporter.settings import ExporterSettings
from ratchet.storage.signing_keys import (
    SigningKey,
    make_signing_key,
    read_public_key,
    read_signing_key,
)


def own_key(settings: ExporterSettings) -> tuple[SigningKey, bool]:
    """The key to sign with, and whether it was made just now; raises `UnusableKey`, `OSError`.

    A key that a setting names is never made: a mistyped path would sign with a key nobody trusts.
    """
    path = settings.signing_key_path
    if settings.exporter_signing_key is None and not path.exists():
        return make_signing_key(path), True
    return read_signing_key(path), False


def trusted_keys(settings: ExporterSettings, also: Path | None) -> Trusted:
    """Those in the directory of trusted keys, the data directory's own, and the one in `also`.

    Raises `UnusableKey` and `OSError`: a key that cannot be read is not passed over.
    """
    directory = settings.trusted_keys_path
    keys = [read_public_key(path) for path in sorted(directory.glob("*.pem"))]
    if settings.signing_key_path.exists():
        keys.append(read_signing_key(settings.signing_key_path).public)
    if also is not None:
        keys.append(read_public_key(also))
    return Trusted({key.id: key for key in keys}, directory)

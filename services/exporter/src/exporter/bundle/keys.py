"""The key that signs bundles, and the keys whose bundles may be installed."""

from pathlib import Path

from exporter.bundle.signature import TrustedKeys
from exporter.settings import ExporterSettings
from ratchet.storage.signing_keys import (
    SigningKey,
    make_signing_key,
    read_public_key,
    read_signing_key,
)


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

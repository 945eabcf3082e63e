"""`python -m exporter keys` and `certify`: the keys of bundles, and how long each is accepted."""

import json
from datetime import timedelta

from exporter.backends.key_certificates import read_trusted_key, write_certificate
from exporter.bundle.signature import own_trust
from exporter.settings import ExporterSettings
from ratchet.command_line import Failed, say
from ratchet.contract import utc_now
from ratchet.settings import read_settings
from ratchet.storage.signing_keys import (
    UnusableKey,
    make_signing_key,
    public_half,
    read_signing_key,
)


def show_bundle_keys(*, as_json: bool) -> None:
    """Print each file with a key whose bundles may be installed, its id and its expiry."""
    settings = read_settings(ExporterSettings)
    own, now = settings.signing_key_path, utc_now()
    try:
        keys = [(own, own_trust(own, read_signing_key(own)))] if own.exists() else []
        files = sorted(settings.trusted_keys_path.glob("*.pem"))
        keys += [(path, read_trusted_key(path)) for path in files]
    except UnusableKey as error:
        raise Failed(f"{error}. Replace or remove the file.") from error
    if as_json:
        rows = [
            {
                "key": trusted.key.id,
                "file": str(path),
                "expires_at": trusted.expires_at.isoformat() if trusted.expires_at else None,
                "expired": trusted.expired(now),
            }
            for path, trusted in keys
        ]
        say(json.dumps({"keys": rows}))
        return
    for path, trusted in keys:
        end = f"{trusted.expires_at:%Y-%m-%d}" if trusted.expires_at else "never"
        verb = "expired" if trusted.expired(now) else "expires"
        say(f"{trusted.key.id}  {verb} {end}  {path}")
    if not keys:
        say(f"no keys; copy those of other sites to {settings.trusted_keys_path}")


def certify_key(days: int, *, as_json: bool) -> None:
    """Write the certificate of the own signing key, which ends `days` from now."""
    settings = read_settings(ExporterSettings)
    path, now = settings.signing_key_path, utc_now()
    expires_at = now + timedelta(days=days)
    try:
        if settings.exporter_signing_key is None and not path.exists():
            make_signing_key(path)
        certificate = write_certificate(path, now, expires_at)
    except UnusableKey as error:
        raise Failed(str(error)) from error
    if as_json:
        say(json.dumps({"certificate": str(certificate), "expires_at": expires_at.isoformat()}))
    else:
        say(
            f"{certificate}: until {expires_at:%Y-%m-%d}; copy it to keys/trusted of the plants, "
            f"and remove the {public_half(path).name} that they have"
        )

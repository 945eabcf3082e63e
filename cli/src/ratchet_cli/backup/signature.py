"""The signature of a backup's manifest, by a key that is in no backup."""

from pathlib import Path

from pydantic import Field, ValidationError

from ratchet.command_line import say
from ratchet.contract import Value
from ratchet.storage import write_whole
from ratchet.storage.signing_keys import (
    PublicKey,
    SigningKey,
    make_signing_key,
    public_half,
    read_public_key,
    read_signing_key,
)
from ratchet_cli.backup.manifest import MANIFEST, InvalidBackup

KEY_FILES = {"backup.pem", "backup.pub.pem"}
_SIGNATURE = "manifest.sig"
_PURPOSE = b"ratchet backup\n"
"""Precedes what is signed, so that no signature of the same key for another purpose fits."""


class BackupSignature(Value):
    """Ed25519 signature of the manifest's bytes, in hex."""

    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


def sign_manifest(backup: Path, manifest: bytes, key: SigningKey) -> None:
    signature = key.sign(_PURPOSE + manifest).hex()
    content = BackupSignature(key_id=key.public.id, signature=signature).model_dump_json()
    write_whole(backup / _SIGNATURE, content.encode())


def verify_manifest(backup: Path, manifest: bytes, key: PublicKey | None) -> None:
    """Raises `InvalidBackup` unless `key` signed these bytes; None: no key is known here."""
    signature = _read_signature(backup)
    if key is None:
        raise InvalidBackup(
            f"{backup} is signed by key {signature.key_id}, which is not known here. Pass --key "
            "with your copy of its keys/backup.pub.pem, or --unverified if only you can write to "
            "the backup."
        )
    if key.id != signature.key_id:
        raise InvalidBackup(
            f"{backup} is signed by key {signature.key_id}, not by key {key.id}. Pass --key with "
            "keys/backup.pub.pem of the system that wrote it."
        )
    if not key.verifies(bytes.fromhex(signature.signature), _PURPOSE + manifest):
        raise InvalidBackup(
            f"{backup / MANIFEST} was altered after key {key.id} signed it. Restore another backup."
        )


def backup_key(data_dir: Path, configured: Path | None) -> SigningKey:
    """The key that signs backups of `data_dir`: the configured one, else one that it has.

    That one is created if it is missing. Raises `UnusableKey`, `OSError`, and `InvalidBackup` if
    the configured one would be in the backup, where whoever alters the backup could sign with it.
    """
    own = data_dir / "keys" / "backup.pem"
    if configured is None:
        if own.exists():
            return read_signing_key(own)
        key = make_signing_key(own)
        say(
            f"created {own}, which is in no backup; copy {public_half(own)} to another machine: "
            "restore needs it",
            err=True,
        )
        return key
    inside = configured.resolve().is_relative_to(data_dir.resolve())
    if inside and configured.resolve() != own.resolve():
        raise InvalidBackup(f"{configured} would be in the backup. Move it out of {data_dir}.")
    return read_signing_key(configured)


def verification_key(path: Path) -> PublicKey:
    """The public key in `path`, or that of the private key there.

    Raises `UnusableKey` and `OSError`.
    """
    if b"PRIVATE KEY" in path.read_bytes():
        return read_signing_key(path).public
    return read_public_key(path)


def _read_signature(backup: Path) -> BackupSignature:
    path = backup / _SIGNATURE
    try:
        return BackupSignature.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise InvalidBackup(
            f"{backup} is not signed: an earlier release wrote it, or somebody altered it. Pass "
            "--unverified if only you can write to it."
        ) from error
    except ValidationError as error:
        raise InvalidBackup(f"{path} is damaged. Restore another backup.") from error

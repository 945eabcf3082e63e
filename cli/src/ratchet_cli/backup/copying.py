"""Copies a snapshot into a backup, and a backup into a data directory."""

import hashlib
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from ratchet.storage import flush, flush_tree, sha256_of, write_whole
from ratchet.storage.signing_keys import PublicKey, SigningKey
from ratchet_cli.backup.manifest import (
    MANIFEST,
    BackupFile,
    BackupManifest,
    InvalidBackup,
    parse_manifest,
    read_manifest,
)
from ratchet_cli.backup.signature import sign_manifest, verify_manifest
from ratchet_cli.backup.snapshot import DataSnapshot, SnapshotFailed

_CHUNK = 1 << 20
_DATA = "data"
_PERMISSIONS = 0o770


class TargetExists(ValueError):
    """The directory to write exists already."""


class FileCopier:
    """Copies files; hard links to one file, such as a registered model, stay one file."""

    def __init__(self) -> None:
        self._copies: dict[int, tuple[Path, BackupFile]] = {}

    def copy(self, source: Path, target: Path, size: int) -> BackupFile:
        """The first `size` bytes of `source` into `target`, with its permissions for the owner and
        the group; others and setuid programs get none.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        inode = source.stat().st_ino
        if inode in self._copies:
            first, copied = self._copies[inode]
            target.hardlink_to(first)
            return copied
        digest, left = hashlib.sha256(), size
        with source.open("rb") as origin, target.open("wb") as copy:
            while left and (chunk := origin.read(min(left, _CHUNK))):
                digest.update(chunk)
                copy.write(chunk)
                left -= len(chunk)
        target.chmod(source.stat().st_mode & _PERMISSIONS)
        copied = BackupFile(sha256=digest.hexdigest(), size=size - left)
        self._copies[inode] = target, copied
        return copied


def write_backup(snapshot: DataSnapshot, target: Path, key: SigningKey) -> BackupManifest:
    """Create `target`, signed with `key`, which appears under its name only when it is complete.

    Raises `TargetExists`, `OSError`, and `SnapshotFailed` if a database is damaged.
    """
    if target.exists():
        raise TargetExists(f"{target} exists already. Pass a new directory.")
    partial = _partial(target)
    data = partial / _DATA
    copier = FileCopier()
    files = {
        str(path): copier.copy(snapshot.root / path, data / path, size)
        for path, size in sorted(snapshot.sizes.items())
    }
    for name, connection in snapshot.databases.items():
        files[name] = _copy_database(connection, data / name)
    links = {str(path): link for path, link in sorted(snapshot.links.items())}
    flush_tree(partial)
    _create_links(data, links)
    manifest = BackupManifest(taken_at=snapshot.taken_at, files=files, links=links)
    content = manifest.document()
    sign_manifest(partial, content, key)
    write_whole(partial / MANIFEST, content)
    _rename(partial, target)
    return manifest


def restore_backup(
    backup: Path, data_dir: Path, key: PublicKey | None, *, unverified: bool = False
) -> BackupManifest:
    """Create `data_dir` from `backup`, which `key` must have signed, unless `unverified`.

    Every file is compared with its hash. Raises `InvalidBackup`, which names the damaged file,
    `TargetExists` and `OSError`; `data_dir` is unchanged then.
    """
    if data_dir.exists() and any(data_dir.iterdir()):
        raise TargetExists(f"{data_dir} is not empty. Move it, or pass another --data-dir.")
    content = read_manifest(backup)
    if not unverified:
        # Before the signature is verified, the manifest is not even parsed.
        verify_manifest(backup, content, key)
    manifest = parse_manifest(backup, content)
    partial, copier = _partial(data_dir), FileCopier()
    try:
        for path, expected in manifest.files.items():
            source = backup / _DATA / path
            if source.resolve() != (backup / _DATA).resolve() / path:
                raise InvalidBackup(
                    f"{source} is a symbolic link, which no backup has. Restore another backup."
                )
            if not source.is_file() or source.stat().st_size != expected.size:
                raise InvalidBackup(
                    f"{source} is missing or has a wrong size. Restore another backup."
                )
            if copier.copy(source, partial / path, expected.size) != expected:
                raise InvalidBackup(f"{source} is damaged. Restore another backup.")
        flush_tree(partial)
        _create_links(partial, manifest.links)
        _rename(partial, data_dir)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _partial(target: Path) -> Path:
    """An empty directory beside `target` with access for its owner only."""
    partial = target.resolve().with_name(f".{target.resolve().name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    return partial


def _rename(partial: Path, target: Path) -> None:
    flush(partial)
    partial.replace(target.resolve())
    flush(target.resolve().parent)


def _copy_database(source: sqlite3.Connection, target: Path) -> BackupFile:
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        [result] = copy.execute("PRAGMA quick_check(1)").fetchone()
    if result != "ok":
        raise SnapshotFailed(f"{target.name} is damaged ({result}). Restore an earlier backup.")
    return BackupFile(sha256=sha256_of(target), size=target.stat().st_size)


def _create_links(root: Path, links: Mapping[str, str]) -> None:
    for path, target in links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
        flush((root / path).parent)

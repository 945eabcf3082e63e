"""Takes and restores a backup of an embedded system; failures end the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from redis import Redis
from redis.exceptions import RedisError

from ratchet.command_line import Failed, Unreachable, running_ports
from ratchet.storage.signing_keys import UnusableKey
from ratchet_cli.backup.copying import TargetExists, restore_backup, write_backup
from ratchet_cli.backup.manifest import BackupManifest, InvalidBackup
from ratchet_cli.backup.signature import backup_key, verification_key
from ratchet_cli.backup.snapshot import SnapshotFailed, hold_snapshot


def back_up(data_dir: Path, target: Path, key_file: Path | None) -> tuple[BackupManifest, str]:
    """Write a snapshot of `data_dir` to the new directory `target`; returns the key's id, too."""
    if not data_dir.is_dir():
        raise Failed(f"{data_dir} does not exist. Pass the directory of the system as --data-dir.")
    if target.resolve().is_relative_to(data_dir.resolve()):
        raise Failed(f"{target} is inside the data directory. Pass a directory outside {data_dir}.")
    if not target.absolute().parent.is_dir():
        raise Failed(
            f"{target.absolute().parent} does not exist: mount the disk or create the directory "
            "first, and the backup creates the last one."
        )
    with _failures(), _server(data_dir) as redis, hold_snapshot(data_dir, redis) as snapshot:
        key = backup_key(data_dir, key_file)
        return write_backup(snapshot, target, key), key.public.id


def restore(
    source: Path, data_dir: Path, key_file: Path | None, *, unverified: bool
) -> BackupManifest:
    """Create `data_dir` from the backup `source`, which the key in `key_file` must have signed."""
    with _failures():
        key = verification_key(key_file) if key_file and not unverified else None
        return restore_backup(source, data_dir, key, unverified=unverified)


@contextmanager
def _server(data_dir: Path) -> Iterator[Redis | None]:
    """The Redis that runs in `data_dir`, or None, with a lock that keeps one from starting."""
    ports = running_ports(data_dir)
    if ports is None:
        with FileLock(data_dir / ".up.lock", blocking=False):
            yield None
        return
    url = f"redis://127.0.0.1:{ports['valkey']}/0"
    with Redis.from_url(url, socket_timeout=10) as redis:
        yield redis


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except Timeout as error:
        raise Failed("The system is starting or stopping. Repeat the command.") from error
    except RedisError as error:
        raise Unreachable(
            f"Redis of the running system does not respond: {error}. Run `ratchet doctor`."
        ) from error
    except (SnapshotFailed, InvalidBackup, TargetExists, UnusableKey, OSError) as error:
        raise Failed(str(error)) from error

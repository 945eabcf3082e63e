"""`ratchet backup` and `ratchet restore`: the embedded system's data, kept elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from filelock import FileLock, Timeout
from redis import Redis
from redis.exceptions import RedisError

from ratchet.command_line import AsJson, DataDir, Failed, Unreachable, print_json, running_ports
from ratchet_cli.backup import copying
from ratchet_cli.backup.copying import NotEmpty
from ratchet_cli.backup.manifest import Manifest, NoBackup
from ratchet_cli.backup.moment import CannotHold, held
from ratchet_cli.embedded.processes import Embedded

_DATA_DIR = Path("var/ratchet")


def backup(
    target: Annotated[Path, typer.Argument(help="A new directory, best on another disk.")],
    data_dir: DataDir = _DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Keep all of the data directory as of one moment, while the system runs or when it does not.

    Nothing is in TARGET until all of it is.
    """
    if not data_dir.is_dir():
        raise Failed(f"{data_dir} is not there: name the directory of the system with --data-dir")
    if target.resolve().is_relative_to(data_dir.resolve()):
        raise Failed(f"{target} lies in what it is to keep: name a directory outside {data_dir}")
    with _told(), _server(data_dir) as redis, held(data_dir, redis) as moment:
        manifest = copying.take(moment, target)
    told = {"backup": str(target), **_facts(manifest)}
    if as_json:
        print_json(told)
    else:
        typer.echo(f"{target}: {told['files']} files, {told['bytes']:,} bytes, as of {_at(told)}")


def restore(
    source: Annotated[Path, typer.Argument(help="What `ratchet backup` wrote.")],
    data_dir: DataDir = _DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Make a data directory of a backup; a file that is damaged is named, and nothing is made."""
    with _told():
        manifest = copying.restore(source, data_dir)
    told = {"data_dir": str(data_dir), **_facts(manifest)}
    if as_json:
        print_json(told)
        return
    typer.echo(f"{data_dir}: {told['files']} files, {told['bytes']:,} bytes, as of {_at(told)}")
    typer.echo(
        f"what came after {_at(told)} is not in it; sent again by its event_id it counts once"
    )
    typer.echo(
        "whoever was forgotten after that is in it again: once `ratchet up` runs, run "
        f"`ratchet forget` anew for each ({told['receipts']} receipts are from before)"
    )
    if told["forgetting"]:
        typer.echo("somebody was being forgotten just then: the next `ratchet forget` ends that")


def _facts(manifest: Manifest) -> dict[str, Any]:
    return {
        "taken_at": manifest.taken_at.isoformat(),
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "receipts": manifest.within("receipts"),
        "forgetting": manifest.within("forgetting"),
    }


def _at(told: dict[str, Any]) -> str:
    return str(told["taken_at"])[:19] + "Z"


@contextmanager
def _server(data_dir: Path) -> Iterator[Redis | None]:
    """The server that runs in `data_dir`, or None while none may start."""
    ports = running_ports(data_dir)
    if ports is None:
        with FileLock(data_dir / ".up.lock", blocking=False):
            yield None
        return
    with Redis.from_url(
        Embedded(data_dir, ports["ingest"], {}).redis_url, socket_timeout=10
    ) as redis:
        yield redis


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Timeout as error:
        raise Failed("the system is just starting or stopping there: try again") from error
    except RedisError as error:
        raise Unreachable(f"Redis of the running system does not answer: {error}") from error
    except (CannotHold, NoBackup, NotEmpty, OSError) as error:
        raise Failed(str(error)) from error

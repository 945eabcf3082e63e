"""`ratchet backup` and `ratchet restore`: copies of an embedded system's data directory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.command_line import DEFAULT_DATA_DIR, AsJson, DataDir, print_json, say

if TYPE_CHECKING:
    from ratchet_cli.backup.manifest import BackupManifest

_KEY = "RATCHET_BACKUP_KEY"


def backup(
    target: Annotated[Path, typer.Argument(help="A new directory, best on another disk.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    key: Annotated[
        Path | None,
        typer.Option(envvar=_KEY, help="A private key (PEM); by default keys/backup.pem."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy the data directory, while the system runs or not.

    The copy is of one point in time. TARGET appears when it is complete.
    """
    from ratchet_cli.backup.operations import back_up

    manifest, key_id = back_up(data_dir, target, key)
    figures = _figures(manifest)
    if as_json:
        print_json({"backup": str(target), **figures, "key": key_id})
    else:
        say(f"{target}: {_summary(figures)}, signed by key {key_id}")


def restore(
    source: Annotated[Path, typer.Argument(help="A directory that `ratchet backup` wrote.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    key: Annotated[
        Path | None,
        typer.Option(envvar=_KEY, help="The key (PEM) that signed it; the public one suffices."),
    ] = None,
    unverified: Annotated[
        bool,
        typer.Option("--unverified", help="Accept a backup without a signature or its key."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create a data directory from a backup.

    Verifies the signature and every file first: if one is damaged or altered, names it and
    creates nothing.
    """
    from ratchet_cli.backup import operations

    manifest = operations.restore(source, data_dir, key, unverified=unverified)
    figures = _figures(manifest)
    if as_json:
        print_json({"data_dir": str(data_dir), **figures, "verified": not unverified})
        return
    taken_at = _utc(figures)
    say(f"{data_dir}: {_summary(figures)}")
    if unverified:
        say(
            "The signature was not verified. Compare the API keys (`ratchet keys list`) and the "
            "trusted keys of bundles (keys/trusted) with what you expect."
        )
    say(
        f"Events after {taken_at} are missing. Send them again: with the same event_id they count "
        "once."
    )
    say(
        f"Data that was erased after {taken_at} is back. Start `ratchet up`, then repeat each "
        f"`ratchet forget` since then ({figures['receipts']} receipts are older)."
    )
    if figures["forgetting"]:
        say("An erasure was unfinished. The next `ratchet forget` finishes it first.")


def _figures(manifest: "BackupManifest") -> dict[str, Any]:
    return {
        "taken_at": manifest.taken_at.isoformat(),
        "files": len(manifest.files),
        "bytes": manifest.size,
        "receipts": manifest.count_json("receipts"),
        "forgetting": manifest.count_json("forgetting"),
    }


def _summary(figures: dict[str, Any]) -> str:
    return f"{figures['files']} files, {figures['bytes']:,} bytes, as of {_utc(figures)}"


def _utc(figures: dict[str, Any]) -> str:
    return f"{str(figures['taken_at'])[:19]}Z"

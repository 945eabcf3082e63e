"""`ratchet backup` and `ratchet restore`: copies of an embedded system's data directory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.command_line import DEFAULT_DATA_DIR, AsJson, DataDir, print_json, say

if TYPE_CHECKING:
    from ratchet_cli.backup.manifest import BackupManifest


def backup(
    target: Annotated[Path, typer.Argument(help="A new directory, best on another disk.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Copy the data directory, while the system runs or not.

    The copy is of one point in time. TARGET appears when it is complete.
    """
    from ratchet_cli.backup.operations import back_up

    figures = _figures(back_up(data_dir, target))
    if as_json:
        print_json({"backup": str(target), **figures})
    else:
        say(f"{target}: {_summary(figures)}")


def restore(
    source: Annotated[Path, typer.Argument(help="A directory that `ratchet backup` wrote.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Create a data directory from a backup.

    Verifies every file first: if one is damaged, names it and creates nothing.
    """
    from ratchet_cli.backup import operations

    figures = _figures(operations.restore(source, data_dir))
    if as_json:
        print_json({"data_dir": str(data_dir), **figures})
        return
    taken_at = _utc(figures)
    say(f"{data_dir}: {_summary(figures)}")
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
        "bytes": manifest.bytes,
        "receipts": manifest.count_json("receipts"),
        "forgetting": manifest.count_json("forgetting"),
    }


def _summary(figures: dict[str, Any]) -> str:
    return f"{figures['files']} files, {figures['bytes']:,} bytes, as of {_utc(figures)}"


def _utc(figures: dict[str, Any]) -> str:
    return f"{str(figures['taken_at'])[:19]}Z"

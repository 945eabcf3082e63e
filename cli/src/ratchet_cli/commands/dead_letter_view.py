"""A dead letter for a terminal and for a program."""

from typing import Any

import typer

from ratchet_cli.commands.ages import age
from ratchet_cli.dead_letters.buried import Buried

_PREVIEW = 160

Row = dict[str, Any]


def shown(buried: Buried, now_ms: int) -> Row:
    """`retry_fault` says why a retry would fail again, None where it may not."""
    letter = buried.letter
    return {
        "id": buried.name,
        "stream": letter.stream.name,
        "event_id": buried.event_id,
        "group": letter.group,
        "entry_id": letter.entry_id,
        "attempts": letter.attempts,
        "age_s": round((now_ms - buried.buried_at_ms) / 1000, 1),
        "error": letter.error,
        "retry_fault": buried.fault,
        "payload": letter.payload.decode(errors="backslashreplace"),
    }


def show_page(found: dict[str, Any]) -> None:
    """A few lines for each letter, under its stream."""
    if not found["total"]:
        typer.echo("no dead letters")
    stream = None
    for row in found["letters"]:
        if row["stream"] != stream:
            stream = row["stream"]
            typer.secho(f"{stream}: {found['streams'][stream]}", bold=True)
        times = "1 attempt" if row["attempts"] == 1 else f"{row['attempts']} attempts"
        typer.echo(
            f"  {row['id']}  {plain(row['group'])} gave up after {times}, {age(row['age_s'])} ago, "
            f"on event {plain(row['event_id'] or '(unknown)')}"
        )
        typer.echo(f"    error    {plain(row['error'])}")
        if row["retry_fault"]:
            typer.echo(f"    retry    would fail again: {plain(row['retry_fault'])}")
        typer.echo(f"    payload  {plain(row['payload'], _PREVIEW)}")
    if found["next"]:
        typer.echo(f"more: --after {found['next']}")


def plain(text: str, most: int | None = None) -> str:
    """One line that cannot move the cursor, whoever wrote it; cut at `most` characters."""
    line = "".join(letter if letter.isprintable() else "\N{MIDDLE DOT}" for letter in text)
    return line if most is None or len(line) <= most else f"{line[:most]}… ({len(text)} characters)"

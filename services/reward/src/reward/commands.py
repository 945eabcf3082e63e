"""The commands `score` and `examples`: a file of experiences as JSON Lines of results."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from ratchet.command_line import say
from ratchet.contract import ExperienceRecorded, ExperienceScored
from ratchet.settings import read_settings
from ratchet_rows import EXPERIENCE_ROWS, RefusedRow, UnreadableFile, open_rows, zone_named
from reward.offline import OfflineReplay, replay
from reward.settings import RewardSettings

_SCORE = {
    "query_id",
    "total",
    "components",
    "widget_reward",
    "voice_reward",
    "voice_response_rating",
    "text_quality",
    "settings_hash",
    "warnings",
}

File = Annotated[Path, typer.Argument(help="experience_buffer.json, a JSON array or JSON Lines.")]
Out = Annotated[Path | None, typer.Option(help="Write here instead of standard output.")]
Zone = Annotated[str, typer.Option(help="Time zone of times without one.")]


def score(file: File, out: Out = None, zone: Zone = "UTC") -> None:
    """One line per experience: its reward by component."""
    _write(out, (_score_line(event) for event in _replayed(file, zone).scores.values()))


def examples(file: File, out: Out = None, zone: Zone = "UTC") -> None:
    """One line per training example: the event that the service would publish."""
    live = _replayed(file, zone).live
    _write(out, (live[example_id].model_dump_json().encode() for example_id in sorted(live)))


def _score_line(event: ExperienceScored) -> bytes:
    return event.model_dump_json(include=_SCORE).encode()


def _replayed(file: Path, zone: str) -> OfflineReplay:
    facts: list[ExperienceRecorded] = []
    repairs: Counter[str] = Counter()
    refused = 0
    try:
        rows = open_rows(file, zone_named(zone), EXPERIENCE_ROWS)
    except (UnreadableFile, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
    for number, row in rows.rows:
        if isinstance(row, RefusedRow):
            refused += 1
            say(f"row {number} refused: {row.reason}", err=True)
            continue
        repairs.update(row.repairs)
        facts.append(
            ExperienceRecorded(event_id=row.event_id, occurred_at=row.at, experience=row.experience)
        )
    for kind, count in repairs.most_common():
        say(f"{count} rows repaired: {kind}", err=True)
    say(f"{len(facts)} rows read, {refused} refused", err=True)
    return asyncio.run(replay(facts, read_settings(RewardSettings).reward_policy))


def _write(out: Path | None, lines: Iterable[bytes]) -> None:
    text = b"".join(line + b"\n" for line in lines)
    if out is None:
        sys.stdout.buffer.write(text)
    else:
        out.write_bytes(text)

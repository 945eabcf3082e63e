"""Files of experiences: experience_buffer.json, a JSON array of rows, or one row a line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from ratchet.rows import Row, moment, read_row

_EXPECTED = (
    'expected {"experiences": [...]} as in experience_buffer.json, a JSON array of rows, '
    "or JSON Lines with one experience a line"
)
_TELLING = {"query_id", "transcript", "parsed_intent", "widget_plan", "voice_response"}
_TEXT: Any = {"encoding": "utf-8-sig", "errors": "surrogateescape"}
"""Bytes that are not UTF-8 stay visible to `read_row`, which repairs them and says so."""


class UnreadableFile(Exception):
    """The message names the file, what was expected and what to do."""


@dataclass(frozen=True)
class RefusedRow:
    reason: str


Rows = Iterator[tuple[int, Row | RefusedRow]]


@dataclass(frozen=True)
class ExperienceFile:
    """`rows` yields each of `total` rows with its number from 1 (in JSON Lines, the line)."""

    total: int
    rows: Rows


def open_experiences(path: Path, zone: tzinfo) -> ExperienceFile:
    """Find out what the file is; naive times are read in `zone`. Raises `UnreadableFile`.

    A row without a readable time takes the file's `saved_at`, else that of the row before it,
    else the file's own. JSON Lines are read line by line.
    """
    try:
        _, first = next(_lines(path), (0, ""))
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if path.suffix == ".jsonl" or _is_line(first):
            return _json_lines(path, zone, changed)
        document = json.loads(path.read_text(**_TEXT))
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}; name a file that can be read") from error
    except (ValueError, RecursionError) as error:
        if any(_is_line(line) for _, line in _lines(path)):
            return _json_lines(path, zone, changed)
        raise UnreadableFile(f"{path}: not JSON ({error}); {_EXPECTED}") from error
    rows = document.get("experiences") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise UnreadableFile(f"{path}: no list of experiences in it; {_EXPECTED}")
    saved_at = document.get("saved_at") if isinstance(document, dict) else None
    saved, _ = moment(saved_at, zone)
    return ExperienceFile(len(rows), _rows(enumerate(rows, start=1), zone, changed, saved))


def _rows(
    found: Iterator[tuple[int, Any]], zone: tzinfo, changed: datetime, saved: datetime | None = None
) -> Rows:
    before = saved or changed
    for number, raw in found:
        if isinstance(raw, RefusedRow):
            yield number, raw
        elif not isinstance(raw, dict):
            yield number, RefusedRow("not a JSON object; an experience is one")
        elif not _TELLING & raw.keys():
            yield number, RefusedRow(f"not an experience: none of {', '.join(sorted(_TELLING))}")
        else:
            try:
                row = read_row(raw, zone, saved or before)
            except RecursionError:
                yield number, RefusedRow("nested too deeply")
                continue
            before = row.experience.timestamp
            yield number, row


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(**_TEXT) as file:
        yield from ((n, line) for n, line in enumerate(file, start=1) if line.strip())


def _json_lines(path: Path, zone: tzinfo, changed: datetime) -> ExperienceFile:
    parsed = ((number, _parsed(line)) for number, line in _lines(path))
    return ExperienceFile(sum(1 for _ in _lines(path)), _rows(parsed, zone, changed))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return RefusedRow(f"malformed JSON: {error}")


def _is_line(first: str) -> bool:
    """Whether the first line is a row of its own, and so the file JSON Lines."""
    row = _parsed(first)
    return isinstance(row, dict) and bool(row) and "experiences" not in row

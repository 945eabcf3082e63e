"""Files of rows: one JSON array, experience_buffer.json around one, or one row a line."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Generic, TypeVar

from ratchet.rows.kinds import Kind, kind_of
from ratchet.rows.row import RefusedRow, Row
from ratchet.rows.times import moment

R = TypeVar("R", bound=Row)
Numbered = Iterator[tuple[int, Any]]

_EXPECTED = (
    'expected {"experiences": [...]} as in experience_buffer.json, a JSON array of rows as in '
    "pending_dpo_pairs.json, or JSON Lines with one row a line as in traces.jsonl"
)
_TEXT: Any = {"encoding": "utf-8-sig", "errors": "surrogateescape"}
"""Bytes that are not UTF-8 stay visible to whatever reads the row: it repairs them and says so."""


class UnreadableFile(Exception):
    """The message names the file, what was expected and what to do."""


@dataclass(frozen=True)
class RowFile(Generic[R]):
    """`rows` yields each of `total` rows with its number from 1 (in JSON Lines, the line)."""

    kind: Kind[R]
    total: int
    rows: Iterator[tuple[int, R | RefusedRow]]


@dataclass(frozen=True)
class _Content:
    """`values` begins anew each time; a line that is no JSON is its own refusal."""

    total: int
    values: Callable[[], Numbered]
    saved_at: Any = None


def open_rows(path: Path, zone: tzinfo, *kinds: Kind[R]) -> RowFile[R]:
    """Find out which of `kinds` the file's rows are; naive times are read in `zone`.

    The first row that is of any kind decides; where none is, the first kind refuses them all.
    A row without a readable time takes the file's `saved_at`, else that of the row before it,
    else the file's own. JSON Lines are read line by line. Raises `UnreadableFile`.
    """
    try:
        content = _content(path)
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        known = (kind_of(value, kinds) for _, value in content.values() if isinstance(value, dict))
        kind = next((kind for kind in known if kind is not None), kinds[0])
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}; name a file that can be read") from error
    saved, _ = moment(content.saved_at, zone)
    return RowFile(kind, content.total, _rows(content.values(), kind, zone, changed, saved))


def _rows(
    values: Numbered, kind: Kind[R], zone: tzinfo, changed: datetime, saved: datetime | None
) -> Iterator[tuple[int, R | RefusedRow]]:
    before = saved or changed
    for number, raw in values:
        if isinstance(raw, RefusedRow):
            yield number, raw
        elif not isinstance(raw, dict):
            yield number, RefusedRow(f"not a JSON object; {kind.name} is one")
        elif not kind.telling & raw.keys():
            yield number, RefusedRow(f"not {kind.name}: none of {', '.join(sorted(kind.telling))}")
        else:
            try:
                row = kind.read(raw, zone, saved or before)
            except RecursionError:
                yield number, RefusedRow("nested too deeply")
                continue
            before = row.at
            yield number, row


def _content(path: Path) -> _Content:
    _, first = next(_lines(path), (0, ""))
    if path.suffix == ".jsonl" or _is_line(first):
        return _json_lines(path)
    try:
        document = json.loads(path.read_text(**_TEXT))
    except (ValueError, RecursionError) as error:
        if any(_is_line(line) for _, line in _lines(path)):
            return _json_lines(path)
        raise UnreadableFile(f"{path}: not JSON ({error}); {_EXPECTED}") from error
    rows = document.get("experiences") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise UnreadableFile(f"{path}: no list of rows in it; {_EXPECTED}")
    saved_at = document.get("saved_at") if isinstance(document, dict) else None
    return _Content(len(rows), lambda: enumerate(rows, start=1), saved_at)


def _json_lines(path: Path) -> _Content:
    return _Content(
        total=sum(1 for _ in _lines(path)),
        values=lambda: ((number, _parsed(line)) for number, line in _lines(path)),
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(**_TEXT) as file:
        yield from ((n, line) for n, line in enumerate(file, start=1) if line.strip())


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return RefusedRow(f"malformed JSON: {error}")


def _is_line(first: str) -> bool:
    """Whether the first line is a row of its own, and so the file JSON Lines."""
    row = _parsed(first)
    return isinstance(row, dict) and bool(row) and "experiences" not in row

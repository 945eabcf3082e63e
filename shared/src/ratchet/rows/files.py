"""Files of rows: a JSON array, an experience_buffer.json around one, or one row per line."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Generic, TextIO, TypeVar

from ratchet.rows.kinds import RowKind, kind_of
from ratchet.rows.row import ImportRow, RefusedRow
from ratchet.rows.times import parse_time

R = TypeVar("R", bound=ImportRow)
Numbered = Iterator[tuple[int, Any]]

_FORMATS = (
    'Pass {"experiences": [...]} as in experience_buffer.json, a JSON array of rows as in '
    "pending_dpo_pairs.json, or JSON Lines with one row per line as in traces.jsonl."
)
_LONGEST_NUMBER = 308


class UnreadableFile(Exception):
    """The message has the file, the expected content and the remedy."""


@dataclass(frozen=True)
class RowFile(Generic[R]):
    """`rows` yields each of `total` rows with its number from 1 (in JSON Lines: the line)."""

    kind: RowKind[R]
    total: int
    rows: Iterator[tuple[int, R | RefusedRow]]


@dataclass(frozen=True)
class _Content:
    """Each call of `values` starts at the first row; a line that is not JSON is a `RefusedRow`."""

    total: int
    values: Callable[[], Numbered]
    saved_at: Any = None


def open_rows(path: Path, zone: tzinfo, *kinds: RowKind[R]) -> RowFile[R]:
    """Open a file of one of `kinds`; naive times are in `zone`.

    The first row that is of any kind decides; if there is none, all rows are refused as not being
    of the first kind. A row without a valid time gets the file's `saved_at`, else the time of the
    previous row, else the modification time of the file. JSON Lines are read line by line. Raises
    `UnreadableFile`.
    """
    try:
        content = _content(path)
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        known = (kind_of(value, kinds) for _, value in content.values() if isinstance(value, dict))
        kind = next((kind for kind in known if kind is not None), kinds[0])
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}. Pass a readable file.") from error
    saved_at, _ = parse_time(content.saved_at, zone)
    return RowFile(kind, content.total, _rows(content.values(), kind, zone, changed, saved_at))


def _rows(
    values: Numbered, kind: RowKind[R], zone: tzinfo, changed: datetime, saved_at: datetime | None
) -> Iterator[tuple[int, R | RefusedRow]]:
    previous = saved_at or changed
    for number, raw in values:
        if isinstance(raw, RefusedRow):
            yield number, raw
        elif not isinstance(raw, dict):
            yield number, RefusedRow(f"not a JSON object, so not {kind.name}")
        elif not kind.marker_keys & raw.keys():
            yield (
                number,
                RefusedRow(f"not {kind.name}: has none of {', '.join(sorted(kind.marker_keys))}"),
            )
        else:
            try:
                row = kind.read(raw, zone, saved_at or previous)
            except RecursionError:
                yield number, RefusedRow("nested too deeply")
                continue
            previous = row.at
            yield number, row


def _content(path: Path) -> _Content:
    _, first = next(_lines(path), (0, ""))
    if path.suffix == ".jsonl" or _is_line(first):
        return _json_lines(path)
    try:
        with _opened(path) as file:
            document = _json(file.read())
    except (ValueError, RecursionError) as error:
        if any(_is_line(line) for _, line in _lines(path)):
            return _json_lines(path)
        raise UnreadableFile(f"{path}: not JSON ({error}). {_FORMATS}") from error
    rows = document.get("experiences") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise UnreadableFile(f"{path}: contains no list of rows. {_FORMATS}")
    saved_at = document.get("saved_at") if isinstance(document, dict) else None
    return _Content(len(rows), lambda: enumerate(rows, start=1), saved_at)


def _json_lines(path: Path) -> _Content:
    return _Content(
        total=sum(1 for _ in _lines(path)),
        values=lambda: ((number, _parsed(line)) for number, line in _lines(path)),
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with _opened(path) as file:
        yield from ((n, line) for n, line in enumerate(file, start=1) if line.strip())


def _opened(path: Path) -> TextIO:
    """Bytes that are not UTF-8 become lone surrogates, which `encodable` repairs and reports."""
    with path.open("rb") as file:
        encoding = json.detect_encoding(file.read(4))
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    return path.open(encoding=encoding, errors=errors)


def _json(text: str) -> Any:
    """Raises `ValueError` and `RecursionError`. A number that is too large becomes infinite."""
    return json.loads(text, strict=False, parse_int=_number)


def _number(digits: str) -> float:
    return float(digits) if len(digits) > _LONGEST_NUMBER else int(digits)


def _parsed(line: str) -> Any:
    try:
        return _json(line)
    except (ValueError, RecursionError) as error:
        return RefusedRow(f"malformed JSON: {error}")


def _is_line(first: str) -> bool:
    """Whether a line is a complete row, which makes the file JSON Lines."""
    row = _parsed(first)
    return isinstance(row, dict) and bool(row) and "experiences" not in row

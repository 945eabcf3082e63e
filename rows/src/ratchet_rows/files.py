"""Files of rows: a JSON array, an experience_buffer.json around one, or one row per line."""

import codecs
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Generic, TextIO, TypeVar, cast

from ratchet_rows.kinds import RowKind, kind_of
from ratchet_rows.row import NO_ESCAPE, ImportRow, RefusedRow
from ratchet_rows.times import parse_time
from ratchet_text import CutOff, list_parts

R = TypeVar("R", bound=ImportRow)
Parsed = tuple[Any, tuple[str, ...]]
"""A value, or a `RefusedRow` for text that is not JSON, and the repairs of the text."""
Numbered = Iterator[tuple[int, Parsed]]

_FORMATS = (
    'Pass {"experiences": [...]} as in experience_buffer.json, a JSON array of rows as in '
    "pending_dpo_pairs.json, or JSON Lines with one row per line as in traces.jsonl."
)
_LONGEST_NUMBER = 308
_INCOMPLETE = RefusedRow("malformed JSON, so no row from here on can be read")
_TOO_DEEP = RefusedRow("nested too deeply")
_AROUND = RefusedRow("malformed JSON around the list of rows")
_ONE_SURROGATE = "ratchet.surrogate"
_PADDING = "\ufeff\0\x1e \t\r\n"
"""Around rows of appended files, of files after a power failure, and of JSON text sequences."""


def _one_surrogate(error: UnicodeError) -> tuple[str, int]:
    return "\udcff", cast(UnicodeDecodeError, error).end


codecs.register_error(_ONE_SURROGATE, _one_surrogate)


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
    """Each call of `values` starts at the first row."""

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
        objects = (row for _, (row, _) in content.values() if isinstance(row, dict))
        known = (kind_of(row, kinds) for row in objects)
        kind = next((kind for kind in known if kind is not None), kinds[0])
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}. Pass a readable file.") from error
    saved_at, _ = parse_time(content.saved_at, zone)
    return RowFile(kind, content.total, _rows(content.values(), kind, zone, changed, saved_at))


def _rows(
    values: Numbered, kind: RowKind[R], zone: tzinfo, changed: datetime, saved_at: datetime | None
) -> Iterator[tuple[int, R | RefusedRow]]:
    previous = saved_at or changed
    for number, (raw, repairs) in values:
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
                yield number, _TOO_DEEP
                continue
            previous = row.at
            yield number, replace(row, repairs=(*repairs, *row.repairs)) if repairs else row


def _content(path: Path) -> _Content:
    _, first = next(_lines(path), (0, ""))
    if path.suffix == ".jsonl" or _is_line(first):
        return _json_lines(path)
    with _opened(path) as file:
        text = file.read()
    try:
        document = _json(text)
    except (ValueError, RecursionError) as error:
        return _damaged(path, text, error)
    rows = document.get("experiences") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise UnreadableFile(f"{path}: contains no list of rows. {_FORMATS}")
    return _listed([(row, ()) for row in rows], document)


def _damaged(path: Path, text: str, error: Exception) -> _Content:
    """Each row of a list on its own, else the lines that are rows; raises `UnreadableFile`."""
    found = None
    with suppress(CutOff):
        found = list_parts(text, "experiences")
    rows = [_parsed(element) for element in found.elements] if found else []
    has_rows = any(isinstance(row, dict) for row, _ in rows)
    if not has_rows and any(_is_line(line) for _, line in _lines(path)):
        return _json_lines(path)
    if found is None:
        raise UnreadableFile(f"{path}: not JSON ({error}). {_FORMATS}") from error
    document, _ = _parsed(found.around)
    if not found.is_complete:
        rows.append((_INCOMPLETE, ()))
    elif isinstance(document, RefusedRow):
        rows.append((_AROUND, ()))
    return _listed(rows, document)


def _listed(rows: list[Parsed], document: Any) -> _Content:
    saved_at = document.get("saved_at") if isinstance(document, dict) else None
    return _Content(len(rows), lambda: enumerate(rows, start=1), saved_at)


def _json_lines(path: Path) -> _Content:
    return _Content(
        total=sum(1 for _ in _lines(path)),
        values=lambda: ((number, _parsed(line)) for number, line in _lines(path)),
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with _opened(path) as file:
        lines = ((number, line.strip(_PADDING)) for number, line in enumerate(file, start=1))
        yield from ((number, line) for number, line in lines if line)


def _opened(path: Path) -> TextIO:
    """Broken bytes or code units become lone surrogates, which `encodable` repairs and reports."""
    with path.open("rb") as file:
        encoding = json.detect_encoding(file.read(4))
    errors = "surrogateescape" if encoding.startswith("utf-8") else _ONE_SURROGATE
    return path.open(encoding=encoding, errors=errors)


def _json(text: str, strict: bool = True) -> Any:
    """Raises `ValueError` and `RecursionError`. A number that is too large becomes infinite."""
    return json.loads(text, strict=strict, parse_int=_number)


def _number(digits: str) -> float:
    return float(digits) if len(digits) > _LONGEST_NUMBER else int(digits)


def _parsed(text: str) -> Parsed:
    try:
        return _json(text), ()
    except ValueError as error:
        if "control character" in str(error):
            with suppress(ValueError, RecursionError):
                return _json(text, strict=False), (NO_ESCAPE,)
        return RefusedRow(f"malformed JSON: {error}"), ()
    except RecursionError:
        return _TOO_DEEP, ()


def _is_line(first: str) -> bool:
    """Whether a line is a complete row, which makes the file JSON Lines."""
    row, _ = _parsed(first)
    return isinstance(row, dict) and bool(row) and "experiences" not in row

"""Splits JSON text into elements and members without parsing them, to find what is invalid."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice, takewhile
from typing import Any, NamedTuple

_DEEPEST_PLACE = 8
_MOST_PARTS = 10_000
_MOST_TOKENS = 300_000
_LARGEST_SEARCHED = 1_000_000
"""Bounds, so that finding a fault does not take longer than parsing by orders of magnitude."""
_LENIENT = json.JSONDecoder(strict=False, parse_int=len)
"""Reads surrogates, control characters, NaN and numbers of any length: what is often wrong."""
_LONGEST_NAME = 100
_STRING = r'"(?:[^"\\]|\\.)*+"'
_TOKEN = re.compile(rf"{_STRING}|[\[{{]+|[\]}}]+|\"", re.DOTALL)
_SCALAR = re.compile(rf"{_STRING}|[^\[\]{{}}\",:\s]+", re.DOTALL)
_BETWEEN = re.compile(r"[ \t\r\n]*([,:\]}]?)[ \t\r\n]*")


class CutOff(ValueError):
    """The text has no such parts: a bracket or a string is not closed, or a comma is missing."""


class ListParts(NamedTuple):
    """`elements` are the first ones if the list is incomplete; `around` is the text without it."""

    elements: list[str]
    is_complete: bool
    around: str


def value_end(text: str, start: int) -> int:
    """Where the value that begins at `start` ends; raises `CutOff`."""
    with suppress(ValueError, RecursionError):
        return _LENIENT.raw_decode(text, start)[1]
    if text[start : start + 1] not in ("[", "{"):
        if (scalar := _SCALAR.match(text, start)) is None:
            raise CutOff
        return scalar.end()
    depth = 0
    for token in islice(_TOKEN.finditer(text, start), _MOST_TOKENS):
        run = token[0]
        if run[0] in "[{":
            depth += len(run)
        elif run[0] in "]}":
            depth -= len(run)
            if depth <= 0:
                return token.end() + depth
        elif run == '"':
            break
    raise CutOff


def elements(text: str) -> list[str]:
    """The elements of the array `text`; raises `CutOff`, also if there are more than 10,000."""
    places = [(start, end) for _, start, end in islice(_parts(text), _MOST_PARTS + 1)]
    if len(places) > _MOST_PARTS or text[places[-1][1] if places else 1 :].lstrip() != "]":
        raise CutOff
    return [text[start:end] for start, end in places]


def faulty_place(text: str, parse: Callable[[str], Any]) -> tuple[str, str]:
    """The innermost value in `text` that `parse` refuses: its dotted path, and its own text."""
    place: list[str] = []
    while len(place) < _DEEPEST_PLACE and text[:1] in ("[", "{"):
        if place and len(text) > _LARGEST_SEARCHED:
            break
        try:
            for found in islice(_parts(text), _MOST_PARTS):
                parse(text[slice(*found[1:])])
            break
        except CutOff:
            break
        except ValueError:
            name, text = found[0], text[slice(*found[1:])]
        place.append(name[:_LONGEST_NAME].encode(errors="replace").decode())
    return ".".join(place), text


def list_parts(text: str, name: str) -> ListParts:
    """The list that `text` is, or that its member `name` is; raises `CutOff` if it is neither.

    The list and what follows it need not be complete. If each element begins on its own line, all
    with the same indentation, a bracket or quotation mark that one lacks ends with its lines.
    """
    text, start = text.strip(), 0
    if text.startswith("{"):
        for count, (_, at, end) in enumerate(_parts(text)):
            if count % 2 == 0 and text[at:end] == f'"{name}"':
                start = _mark_after(text, end)[1]
                break
    if text[start : start + 1] != "[":
        raise CutOff
    _, first = _mark_after(text, start + 1)
    _, is_line, indentation = text[start + 1 : first].rpartition("\n")
    pieces = text[first:].split(f"\n{indentation}{{") if is_line else [text[first:]]
    pieces[1:] = ["{" + piece for piece in pieces[1:]]
    found = [part for piece in pieces[:-1] for part in _of_lines(piece.rstrip().removesuffix(","))]
    last, closing = _first_elements("[" + pieces[-1])
    if closing:
        return ListParts(found + last, True, f"{text[:start]}[{pieces[-1][closing - 1 :]}")
    # Behind a faulty element its list seems to end later than it does.
    sound = sum(1 for _ in takewhile(_is_closed, last))
    around = f"{text[:start]}[]" + "}" * bool(start)
    return ListParts(found + last[: sound + 1], sound < len(last), around)


def _of_lines(piece: str) -> list[str]:
    """The elements in `piece`, or `piece` itself if it is not a number of them."""
    found, closing = _first_elements(f"[{piece}]")
    return found if closing == len(piece) + 1 else [piece]


def _first_elements(text: str) -> tuple[list[str], int]:
    """The elements of a list up to a fault in its structure, and where it ends, 0 if nowhere."""
    found, end = [], 1
    try:
        for _, at, end in _parts(text):
            found.append(text[at:end])
    except CutOff:
        return found, 0
    return found, text.index("]", end)


def _is_closed(text: str) -> bool:
    """Whether `text` is JSON, or may be but for its depth."""
    try:
        _LENIENT.decode(text)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _parts(text: str) -> Iterator[tuple[str, int, int]]:
    """Each element of `text`: its index, and where it starts and ends.

    Of an object each name and each value, with the name. Raises `CutOff` after the last element
    that is complete.
    """
    closing = "]" if text[0] == "[" else "}"
    mark, at = _mark_after(text, 1)
    name, count, expected = "", 0, ""
    while mark == expected:
        end = value_end(text, at)
        if closing == "]":
            name = str(count)
        elif count % 2 == 0:
            name = text[at + 1 : end - 1]
        yield name, at, end
        expected = ":" if closing == "}" and count % 2 == 0 else ","
        mark, at = _mark_after(text, end)
        count += 1
    if mark != closing:
        raise CutOff


def _mark_after(text: str, at: int) -> tuple[str, int]:
    """The punctuation after `at`, empty if there is none, and where the next value begins."""
    found = _BETWEEN.match(text, at)
    return (found[1], found.end()) if found else ("", at)

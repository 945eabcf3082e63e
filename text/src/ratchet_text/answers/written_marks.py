"""Counts written marks, which a speech synthesizer reads badly."""

import re

_BULLETS = ("- ", "* ", "+ ", "• ", "– ")
_LONG_PARENTHESIS = 30
# One line of plain words, as most spoken answers are, has none of the marks.
_PLAIN = re.compile(r"[A-Za-z][\t !\"$-')+-.0-9;-Z\\\]^a-z{}\xa0-\xff]*+")


def written_marks(text: str) -> int:
    """The number of marks; each kind counts once per line."""
    if _PLAIN.fullmatch(text) and "www." not in text:
        return 0
    return sum(map(_marks_of_line, text.splitlines()))


def _marks_of_line(line: str) -> int:
    start = line.lstrip()
    return (
        _emphasis(line)
        + start.startswith("#")
        + ("](" in line)
        + _listed(start)
        + ("`" in line)
        + ("://" in line or "www." in line)
        + (line.count("|") > 1)
        + _long_parenthesis(line)
    )


def _emphasis(line: str) -> bool:
    return line.count("*") > 1 or "__" in line or "~~" in line


def _listed(start: str) -> bool:
    if start.startswith(_BULLETS):
        return True
    return start[:1].isdecimal() and start.lstrip("0123456789").startswith((". ", ") "))


def _long_parenthesis(line: str) -> bool:
    opened = line.find("(")
    while opened >= 0:
        closed = line.find(")", opened)
        if closed < 0:
            return False
        if closed - opened > _LONG_PARENTHESIS:
            return True
        opened = line.find("(", closed)
    return False

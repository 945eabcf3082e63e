"""The values that a notation in digits can mean: "1,234" is 1234 or 1.234.

A notation has several readings only if neither its own form nor the other numbers of the text
decide. Grouping is by threes, or by lakh and crore ("12,34,567").
"""

import re
from collections.abc import Callable, Iterable

from ratchet_text.numbers.canonical import VULGAR
from ratchet_text.numbers.shown import Reading, Shown

_RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_SPACES = " _'\u202f"
_VULGAR_DECIMALS = 2
_DENOMINATORS = frozenset((2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64))
_MOST_DIGITS_OF_POWER = 4
_FRACTION = re.compile(rf"(?:([0-9]{{1,3}})[{_SPACES}-])?([0-9]{{1,3}})/([1-9][0-9]{{0,2}})")
_SPOKEN_POINT = re.compile(" (?:komma|point) ", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]++")
_EXPONENT = "[+-]?[0-9]+"
_RAISED_EXPONENT = "[⁺⁻]?[⁰¹²³⁴-⁹]+"
_POWER = re.compile(
    rf"(?P<base>[0-9.,:/٫٬{_SPACES}]+?)"
    rf"(?:[eE](?P<e>{_EXPONENT})"
    r"|[ \u202f]?(?:[x*×·]|\\times)[ \u202f]?10"
    rf"(?: ?(?:\^|\*\*) ?[({{]?(?P<times>{_EXPONENT})|(?P<raised>{_RAISED_EXPONENT}))"
    rf"|\^[({{]?(?P<of>{_EXPONENT})|(?P<of_raised>{_RAISED_EXPONENT}))[)}}]?"
)
_IS_POWER = re.compile(r"[eE^x*×·⁺⁻⁰¹²³⁴-⁹]|\\times")
_GROUPED = {
    ",": re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})++|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"),
    ".": re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})++"),
}
_DECIMAL = {
    mark: re.compile(
        rf"[0-9]*+{mark}(?:[0-9]{{1,2}}|[0-9]{{4,}})|(?:0|[0-9]{{4,}}+){mark}[0-9]{{3}}"
        rf"|[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})++{mark}[0-9]++"
        rf"|[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}}){{2,}}+"
        rf"|[1-9][0-9]?(?:{group}[0-9]{{2}})+{group}[0-9]{{3}}(?:{mark}[0-9]++)?"
        rf"|[1-9][0-9]{{0,2}}(?:[{_SPACES}][0-9]{{3}})++{mark}[0-9]++"
    )
    for mark, group in ((r"\.", ","), (",", r"\."))
}


DecimalMark = Callable[[], str | None]


def decimal_mark_of(notations: Iterable[str]) -> str | None:
    """The decimal mark that the notations of one text agree on, as in "3,5" or "1.234,5"."""
    notations = list(notations)
    point = any(map(_DECIMAL[r"\."].fullmatch, notations))
    comma = any(map(_DECIMAL[","].fullmatch, notations))
    if point == comma:
        return None
    return "." if point else ","


def readings_of(notation: str, decimal_mark: DecimalMark) -> tuple[Reading, ...]:
    """The possible readings, the most usual one first.

    `decimal_mark` is asked only if the notation leaves it open.
    """
    if notation.isdecimal():
        return ((Shown(float(notation), 0),),)
    if notation[-1] in VULGAR:
        return ((_with_vulgar(notation, decimal_mark),),)
    fraction = _FRACTION.fullmatch(notation)
    if fraction is not None:
        return _fraction(*fraction.groups())
    base, power = _SPOKEN_POINT.sub(".", notation), ""
    if _IS_POWER.search(notation) is not None:
        base, power = _split_power(base)
    parts = re.split("[:/]", base)
    if len(parts) > 1:
        return (tuple(shown for part in parts for shown in _plain(part, decimal_mark, "")[0]),)
    return _plain(base, decimal_mark, power)


def _with_vulgar(notation: str, decimal_mark: DecimalMark) -> Shown:
    whole = notation[:-1].rstrip(_SPACES)
    before = _plain(whole, decimal_mark, "")[0][-1].value if whole else 0.0
    return Shown(before + VULGAR[notation[-1]], _VULGAR_DECIMALS)


def _fraction(whole: str | None, above: str, below: str) -> tuple[Reading, ...]:
    parts = tuple(Shown(float(part), 0) for part in (whole, above, below) if part)
    if int(below) not in _DENOMINATORS or not 0 < int(above) < int(below):
        return (parts,)
    value = float(whole or 0) + int(above) / int(below)
    return ((Shown(value, _VULGAR_DECIMALS),), parts)


def _split_power(notation: str) -> tuple[str, str]:
    match = _POWER.fullmatch(notation)
    if match is None:
        return "".join(_DIGITS.findall(notation)), ""
    base, power = match["base"], match["e"] or match["times"] or match["raised"]
    if power is None:
        if base != "10":
            return base, ""
        base, power = "1", match["of"] or match["of_raised"]
    power = power.translate(_RAISED)
    sign, size = ("-", power[1:]) if power[0] == "-" else ("", power.lstrip("+"))
    return base, sign + (size if len(size) <= _MOST_DIGITS_OF_POWER else "9999")


def _plain(base: str, decimal_mark: DecimalMark, power: str) -> tuple[Reading, ...]:
    if "٫" in base or "٬" in base:
        base, decimal_mark = base.replace("٬", "").replace("٫", "."), lambda: "."
    pieces = re.split(f"[{_SPACES}]", base)
    if len(pieces) > 1:
        grouped = _marked("".join(pieces), pieces[-1], power)
        if "'" in base:
            return (grouped,)
        separate = [_plain(piece, decimal_mark, power)[0] for piece in pieces]
        return (grouped, tuple(shown for reading in separate for shown in reading))
    marks = base.count("."), base.count(",")
    if marks == (0, 0):
        return (_number(base, power),)
    if sum(marks) == 1:
        return _single_mark(base, "." if marks[0] else ",", decimal_mark, power)
    if marks[0] == 0 or marks[1] == 0:
        mark = "." if marks[0] else ","
        if _GROUPED[mark].fullmatch(base):
            return (_number(base.replace(mark, ""), power),)
        return (_list(base),)
    last = max(".,", key=base.rfind)
    other = "," if last == "." else "."
    head, _, tail = base.rpartition(last)
    if _GROUPED[other].fullmatch(head):
        return (_number(f"{head.replace(other, '')}.{tail}", power),)
    return (_list(base),)


def _marked(joined: str, last_piece: str, power: str) -> Reading:
    """A number grouped by spaces: what follows its only mark are the decimals."""
    if len(re.findall("[.,]", last_piece)) > 1:
        return _list(joined)
    return _number(joined.replace(",", "."), power)


def _single_mark(
    base: str, mark: str, decimal_mark: DecimalMark, power: str
) -> tuple[Reading, ...]:
    decimal = _number(base.replace(mark, "."), power)
    if base[0] == ",":
        return (decimal, _number(base[1:], power))
    if not _GROUPED[mark].fullmatch(base):
        return (decimal,)
    grouped = _number(base.replace(mark, ""), power)
    agreed = decimal_mark()
    if agreed is not None:
        return (decimal,) if agreed == mark else (grouped,)
    return (grouped, decimal) if mark == "," else (decimal, grouped)


def _number(digits: str, power: str) -> Reading:
    decimals = len(digits.partition(".")[2])
    if not power:
        return (Shown(float(digits), decimals),)
    return (Shown(float(f"{digits}e{power}"), decimals - int(power)),)


def _list(base: str) -> Reading:
    return tuple(Shown(float(piece), 0) for piece in _DIGITS.findall(base))

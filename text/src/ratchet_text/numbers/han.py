"""Numbers in Chinese and Japanese numerals: 四十五, 三点五, 百分之八十, 1万2千."""

import re
from itertools import islice

from ratchet_text.equipment import EquipmentId, active_vocabulary, device_after
from ratchet_text.followers import CLOSED_UP
from ratchet_text.numbers.shown import Reading, Shown
from ratchet_text.numbers.spelled import Spelled, quantity
from ratchet_text.tables import table
from ratchet_text.units import unspaced_unit

_TABLE = table("numbers/words")["han"]
_DIGITS: dict[str, int] = _TABLE["digits"]
_SMALL: dict[str, int] = _TABLE["small"]
_LARGE: dict[str, int] = _TABLE["large"]
_POINTS = "".join(_TABLE["point"])
_PARTS: dict[str, str] = _TABLE["percent"]
_NUMERALS = "".join((*_DIGITS, *_SMALL, *_LARGE))
_MULTIPLIERS = "".join((*_SMALL, *_LARGE))
_RUN = re.compile(
    rf"({'|'.join(_PARTS)}) ?([0-9][0-9.]*+|[{_NUMERALS}{_POINTS}0-9.]++)"
    rf"|((?:(?<![0-9.,])[0-9][0-9.,]*+)?+[{_NUMERALS}](?:[{_NUMERALS}0-9]|[.{_POINTS}](?=[{_NUMERALS}0-9]))*+)"
)
_TOKEN = re.compile(r"[0-9]++(?:[.,][0-9]++)*+|.")
_FRACTION = "分之"
_ORDINAL = "第"
_POSITIONAL = 3
_LARGEST = 10**13


def han_numbers(text: str, most: int | None = None) -> list[Spelled]:
    """The quantities in numerals and the ids of devices (二号泵), in order: `most` are read."""
    found = (_number(text, match) for match in islice(_RUN.finditer(text), most))
    return [one for one in found if one is not None]


def _number(text: str, match: re.Match[str]) -> Spelled | None:
    start, end = match.span()
    if match[1]:
        run = match[2].rstrip(f".{_POINTS}")
        end -= len(match[2]) - len(run)
        readings = _readings(run)
        return Spelled(start, end, readings, _PARTS[match[1]]) if readings else None
    run = match[3]
    if run[-1] in _MULTIPLIERS and len(unspaced_unit(text, end - 1)) > 1:
        run, end = run[:-1], end - 1
    after = text[end : end + 1]
    counts = after in active_vocabulary().ordinal_starts
    is_ordinal = text[start - 1 : start] == _ORDINAL and not counts
    if run.isascii() or is_ordinal or text.startswith(_FRACTION, end):
        return None
    if len(run) == 1 and after >= CLOSED_UP and not (counts or unspaced_unit(text, end)):
        return None
    readings = _readings(run)
    if not readings:
        return None
    has_digit = run[0].isascii() or any(char in _DIGITS for char in run)
    clear = has_digit and any(char in _POINTS + _MULTIPLIERS for char in run)
    found = quantity(text, start, end, readings, clear=clear)
    if counts:
        device = device_after(text, end)
        if device is not None:
            tag = f"{readings[0][0].value:.0f}"
            one = EquipmentId(device.key, tag, start, device.end, device.kind)
            return Spelled(start, end, readings, "", one)
    return found


def _readings(run: str) -> tuple[Reading, ...]:
    whole, point, after = re.sub(f"[{_POINTS}]", "点", run).partition("点")
    values = _whole(whole)
    if not point:
        return tuple((Shown(float(value), _decimals(whole)),) for value in values)
    digits = "".join(str(_DIGITS.get(char, char)) for char in after)
    if not values or not digits.isdecimal():
        return ()
    return ((Shown(float(f"{values[0]:.0f}.{digits}"), len(digits)),),)


def _decimals(whole: str) -> int:
    """The decimals of digits without a multiplier, as in 百分之3.5."""
    return len(whole.partition(".")[2]) if whole.isascii() else 0


def _whole(run: str) -> tuple[float, ...]:
    """The values of a number without decimals: 一百二 is 120 in Chinese, 102 in Japanese."""
    if run and all(char in _DIGITS for char in run):
        if 1 < len(run) < _POSITIONAL:
            return ()
        return (float("".join(str(_DIGITS[char]) for char in run)),)
    total = section = 0.0
    current: float | None = None
    small_before, large_before, last = _LARGEST, _LARGEST, 1
    zero = False
    for token in _TOKEN.findall(run):
        multiplier = _SMALL.get(token) or _LARGE.get(token)
        if multiplier is None:
            if current is not None:
                return ()
            digit = _DIGITS.get(token)
            zero = zero or digit == 0
            if digit != 0:
                current = float(token.replace(",", "") if digit is None else digit)
            continue
        if token in _SMALL:
            if multiplier >= small_before:
                return ()
            section += (1 if current is None else current) * multiplier
            small_before = multiplier
        else:
            section += current or 0
            if not section or multiplier >= large_before:
                return ()
            total, section = total + section * multiplier, 0.0
            small_before, large_before = _LARGEST, multiplier
        current, last, zero = None, multiplier, False
    value = total + section
    if current is None:
        return (value,)
    if last > 10 and not zero and current < 10:
        return (value + current * last / 10, value + current)
    return (value + current,)

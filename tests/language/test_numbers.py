"""What numbers a text states: a table of labelled sentences, and what holds for any text."""

import re
from pathlib import Path

import pytest

from ratchet_language import Reading, Shown, number_mentions

_LABELLED = Path(__file__).parent / "labelled_numbers.txt"
_NONE = "-"


def shown(label: str) -> Shown:
    """ "45.3" has one shown decimal, "1.2e3" has -2, and "4.625e0~2" is said to have 2."""
    digits, _, decimals = label.partition("~")
    if decimals:
        return Shown(float(digits), int(decimals))
    mantissa, _, power = digits.partition("e")
    return Shown(float(digits), len(mantissa.partition(".")[2]) - int(power or 0))


def labels() -> list[tuple[str, list[tuple[Reading, ...]]]]:
    rows = []
    for line in _LABELLED.read_text("utf-8").split("\n"):
        text, tab, label = line.partition("\t")
        if tab:
            text = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)
            numbers = [] if label == _NONE else label.split("; ")
            rows.append(
                (
                    text,
                    [
                        tuple(
                            tuple(map(shown, reading.split("+"))) for reading in number.split("|")
                        )
                        for number in numbers
                    ],
                )
            )
    return rows


def quantities(text: str) -> list[tuple[Reading, ...]]:
    return [
        mention.readings()
        for mention in number_mentions(text)
        if not mention.glued and mention.identity is None
    ]


def test_the_table_is_large():
    assert len(labels()) >= 300


@pytest.mark.parametrize(("text", "expected"), labels(), ids=lambda value: str(value)[:40])
def test_a_text_states_its_labelled_quantities(text: str, expected: list[tuple[Reading, ...]]):
    found = quantities(text)
    assert [[[one.decimals for one in r] for r in rs] for rs in found] == [
        [[one.decimals for one in r] for r in rs] for rs in expected
    ]
    assert [[one.value for r in rs for one in r] for rs in found] == [
        pytest.approx([one.value for r in rs for one in r], rel=1e-12) for rs in expected
    ]

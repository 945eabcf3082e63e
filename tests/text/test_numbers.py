"""The numbers that a text states: labeled sentences, and properties of any text."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_text import Reading, Shown, number_mentions

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


PIECES = st.lists(
    st.sampled_from(
        [
            *"0 1 45 1.234 , . ' / - – ½ ³ ⁻ ×10 e5 % ( ) : kW °C bar ٤ ٫ ४".split(),
            *"point forty five hundred and a half drei und zwanzig tausend Komma null".split(),
            *"四 十 百分之 万 点 千瓦 号泵 零下 第".split(),
            *" \u202f\u00a0\u0301",
            "pump ",
            "泵",
        ]
    )
).map("".join)


@given(st.text() | PIECES)
def test_any_text_has_numbers_in_order_with_at_least_one_reading(text: str):
    mentions = number_mentions(text)
    assert [one.start for one in mentions] == sorted(one.start for one in mentions)
    for mention in mentions:
        assert 0 <= mention.start < mention.end <= len(text)
        readings = mention.readings()
        assert readings
        assert all(reading for reading in readings)


@given(st.integers(0, 999_999))
def test_a_whole_number_in_german_words_is_read(value: int):
    assert quantities(f"{german(value)} Kilowatt")[0][0] == (Shown(value, 0),)


def german(value: int) -> str:
    """The German word of a number below one million."""
    ones = "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf".split()
    if value < len(ones):
        return ones[value]
    stems = "_ ein zwei drei vier fünf sechs sieben acht neun".split()
    if value < 20:
        return {16: "sechzehn", 17: "siebzehn"}.get(value, f"{stems[value - 10]}zehn")
    if value < 100:
        tens = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
        ten, one = tens[value // 10 - 2], value % 10
        return f"{stems[one]}und{ten}" if one else ten
    scale, word = (1000, "tausend") if value >= 1000 else (100, "hundert")
    many, rest = divmod(value, scale)
    head = (
        "ein" if many == 1 else german(many).removesuffix("s") if many % 100 == 1 else german(many)
    )
    return head + word + (german(rest) if rest else "")

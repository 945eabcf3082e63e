"""Units are recognized as symbols and as words."""

import pytest

from ratchet_text import is_percent, is_unit, unit_kind


@pytest.mark.parametrize("token", ["kW", "kw", "kilowatts", "kilowatt"])
def test_a_unit_has_one_kind_in_every_spelling(token: str):
    assert unit_kind(token) == "power and energy"


def test_a_symbol_with_a_capital_is_case_sensitive():
    assert is_unit("A")
    assert not is_unit("a")


@pytest.mark.parametrize("token", ["%", "percent", "pct"])
def test_percent_is_recognized(token: str):
    assert is_percent(token)


@pytest.mark.parametrize(
    "unit", ["킬로와트시", "바", "بار", "كيلوواط", "บาร์", "กิโลวัตต์", "vòng/phút", "varv/min",
     "ot/min", "quilowatts"]
)  # fmt: skip
def test_units_are_known_in_the_languages_of_the_device_words(unit: str):
    assert is_unit(unit)

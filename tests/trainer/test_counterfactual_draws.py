"""What a copy draws: values that keep their relations, names of the same form, known words."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet_text import equipment_ids
from ratchet_truth.vocabulary.metrics import metric_of
from ratchet_truth.vocabulary.units import unit_of
from trainer.domain.counterfactuals.equipment import EQUIPMENT, Language, equipment_of
from trainer.domain.counterfactuals.names import draw_heads, draw_names
from trainer.domain.counterfactuals.notation import notation_of
from trainer.domain.counterfactuals.quantities import QUANTITIES
from trainer.domain.counterfactuals.values import Amount, ValueRange, draw_values

LANGUAGES: tuple[Language, ...] = ("en", "de")
ANYWHERE = ValueRange(-1e9, 1e9)


def sign(value: float) -> int:
    return (value > 0) - (value < 0)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 2**32),
    st.lists(st.integers(-9000, 9000), min_size=1, max_size=6),
    st.integers(0, 2),
)
def test_drawn_values_keep_order_sign_and_equality(seed: int, whole: list[int], decimals: int):
    old = [Amount(value / 10**decimals, decimals) for value in whole]
    new = draw_values(Random(seed), old, ValueRange(0.55, 1.7), ANYWHERE)
    if new is None:
        return
    for one, other in combinations(range(len(old)), 2):
        assert sign(old[one].value - old[other].value) == sign(new[one] - new[other])
    for before, after in zip(old, new, strict=True):
        assert sign(before.value) == sign(after)
        assert round(after, decimals) == after


def test_values_stay_on_their_side_of_a_fixed_one_and_within_bounds():
    old = [Amount(45.0, 1), Amount(55.0, 1)]
    for seed in range(30):
        low, high = draw_values(
            Random(seed), old, ValueRange(0.55, 1.7), ValueRange(0, 70), fixed=[50.0]
        ) or (45.0, 55.0)
        assert low < 50 < high <= 70
    assert draw_values(Random(1), old, ValueRange(0.9, 1.1), ValueRange(0, 10)) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_is_read_as_one_device_whatever_its_number(language: Language):
    names = [one.name for one in EQUIPMENT[language]]
    assert len(set(names)) == len(names) >= 75
    for name in names:
        for number in ("7", "012", "104"):
            text = f"{name} {number}"
            (one,) = equipment_ids(text)
            assert one.kind and text.endswith(text[one.start : one.end])
        assert equipment_of(name, language) is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_metric_and_unit_is_known_to_the_judgment(language: Language):
    for one in QUANTITIES[language]:
        assert metric_of(one.name).quantity == one.quantity
        assert unit_of(one.unit) is not None
        assert unit_of(one.spoken) == unit_of(one.unit)


@given(st.integers(0, 2**32))
def test_a_new_kind_reports_the_same_quantities_in_the_same_gender(seed: int):
    rng = Random(seed)
    drawn = draw_heads(rng, ["Kühlwasserpumpe 2"], {"flow", "pressure"}, [(21.5, "°C")], "de")
    assert drawn is not None
    one = drawn["Kühlwasserpumpe"]
    assert one.gender == "f" and {"flow", "pressure"} <= one.family.quantities
    assert one.name != "Kühlwasserpumpe"
    assert draw_heads(rng, ["Eliminator 2"], {"flow"}, [], "de") is None


def test_a_freezer_has_no_200_degrees():
    for seed in range(60):
        drawn = draw_heads(Random(seed), ["boiler 2"], {"temperature"}, [(203.0, "°C")], "en")
        assert drawn is not None and drawn["boiler"].family.limits["°C"][1] >= 203


@pytest.mark.parametrize(
    "names",
    [
        ("pump 001", "pump 024"),
        ("P-101A", "P-102A"),
        ("FIC_201", "10LAC10AP001"),
        ("Pumpe 2", "Kessel 2"),
        ("Generator G2", "PUMP 7"),
    ],
)
def test_new_names_have_the_form_of_the_old_ones(names: tuple[str, ...]):
    for seed in range(20):
        drawn = draw_names(Random(seed), names, {})
        assert drawn is not None
        assert len(set(drawn.values()) - set(names)) == len(names)
        for old, new in drawn.items():
            shape = [character.isdecimal() for character in old]
            same_length = len(new) == len(old)
            assert not same_length or [character.isdecimal() for character in new] == shape
            assert len(equipment_ids(new)) == 1


def test_a_name_without_a_number_has_no_other():
    assert draw_names(Random(1), ["North boiler"], {}) is None


@pytest.mark.parametrize(
    ("text", "value", "other", "written"),
    [
        ("45", 45, 52, "52"),
        ("45.3", 45.3, 52.1, "52.1"),
        ("3,45", 3.45, 2.5, "2,50"),
        ("1,450", 1450, 2210, "2,210"),
        ("1.450", 1450, 2210, "2.210"),
        ("1 450", 1450, 2210, "2 210"),
        ("-18.5", -18.5, 12.5, "12.5"),
    ],
)
def test_another_value_is_written_in_the_same_notation(
    text: str, value: float, other: float, written: str
):
    notation = notation_of(text, value)
    assert notation is not None and notation.write(other) == written


@pytest.mark.parametrize(("text", "value"), [("45", 45.3), ("1,45", 145), ("18", -18), ("x", 1)])
def test_a_number_that_shows_another_value_has_no_notation(text: str, value: float):
    assert notation_of(text, value) is None

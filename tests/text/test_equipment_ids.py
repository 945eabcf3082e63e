"""Devices are found by their number or tag, in every language that has a file of device words."""

import csv
import unicodedata
from importlib.resources import files
from pathlib import Path
from time import process_time
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_text import (
    active_vocabulary,
    equipment_ids,
    equipment_words,
    is_unit,
    named_equipment,
    number_mentions,
)
from ratchet_text.characters import folded
from ratchet_text.equipment.language_files import forms_of, language_files
from ratchet_text.equipment.quick_path import UNCLEAR

TABLE = Path(__file__).with_name("equipment.tsv")
with TABLE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
WITHOUT_DEVICES = [text for _, text, named in ROWS if not named]


def named_in(text: str) -> list[str]:
    return [one.name for one in equipment_ids(text)]


@pytest.mark.parametrize(("text", "named"), [row[1:] for row in ROWS])
def test_a_text_names_these_devices(text: str, named: str):
    assert named_in(text) == [name for name in named.split(", ") if name]
    for one in equipment_ids(text):
        assert any(character.isdecimal() for character in text[one.start : one.end])


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composition_makes_no_difference(form: str):
    for _, text, _ in ROWS:
        assert named_in(unicodedata.normalize(form, text)) == named_in(text), text


def test_every_language_with_device_words_is_in_the_table():
    folder = files("ratchet_text") / "data" / "equipment"
    assert {row[0] for row in ROWS} == {path.name[:2] for path in folder.iterdir()}
    assert len(ROWS) >= 150


@pytest.mark.parametrize(
    "text",
    [
        "Pumpe 2",
        "泵2",
        "pump 2",
        "पंप २",
        "ポンプ2",
        "bomba 2",
        "насос 2",
        "PUMP-002",
        "펌프 2",
        "مضخة ٢",
        "ปั๊ม ๒",
        "bơm 2",
        "2 nolu pompa",
        "čerpadlo 2",
    ],
)
def test_one_device_has_one_identity_in_all_languages(text: str):
    [one] = equipment_ids(text)
    assert (one.key, one.tag, one.kind) == ("pump", "2", "pump")
    assert text[one.start : one.end] == text


def test_an_id_includes_the_words_that_belong_to_it():
    text = "Die Kühlwasserpumpe Nr. 3 und 2号冷却水泵的压力, P-101A/B"
    assert [text[one.start : one.end] for one in equipment_ids(text)] == [
        "Kühlwasserpumpe Nr. 3", "2号冷却水泵", "P-101A/B",
    ]  # fmt: skip


def test_a_word_is_one_kind_of_device_in_all_languages():
    kinds: dict[str, str] = {}
    for language in language_files().values():
        for form in forms_of(language):
            assert kinds.setdefault(folded(form.form), form.kind) == form.kind, form
            assert not is_unit(form.form), form


def test_every_kind_is_the_english_word_for_it():
    english = {form.kind.split()[-1] for form in forms_of(language_files()["en"])} | {"unit"}
    for language in language_files().values():
        assert {kind.split()[-1] for kind in language["devices"]} <= english


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (["the", "pumps", "and", "batteries"], {"pump", "battery"}),
        (["kühlwasserpumpe", "kühltürme", "verdichter"], {"pump", "tower", "compressor"}),
        (["泵2的功率和冷却塔"], {"pump", "tower"}),
        (["पंप", "दबाव"], {"pump"}),
        (["sturm", "kilometer", "druck", "温度"], set()),
    ],
)
def test_the_kinds_of_device_among_words(words: list[str], kinds: set[str]):
    assert equipment_words(words) == kinds


@given(st.text(alphabet="pump泵Pumpe पंप2３٣A-_#. ,号第№°\u0301\u200b\u00ad", max_size=60))
def test_ids_are_in_order_and_apart_in_any_text(text: str):
    reached = 0
    for one in equipment_ids(text):
        assert reached <= one.start < one.end <= len(text)
        assert any(character.isdecimal() for character in text[one.start : one.end])
        reached = one.end


PIECES = (
    "pump Pumpe Speise 泵 泵的 冷却塔 पंप ポンプ ﾎﾟﾝﾌﾟ P TT de bomba 2 02 101 3.5 "
    "kW A B - _ # . 号 第 no. ½ é"
)
SPOKEN = st.lists(st.sampled_from([*PIECES.split(), " ", " ", " "]), max_size=12).map("".join)


@given(SPOKEN)
def test_the_quick_path_finds_the_same_ids_as_the_full_search(text: str):
    quickly = equipment_ids(text)
    with patch("ratchet_text.equipment.ids.quick_id", return_value=UNCLEAR):
        assert equipment_ids(text) == quickly


@given(st.text(), st.sampled_from(["Pumpe 2", "泵2", "पंप 2", "ポンプ2", "pump 2"]))
def test_a_device_is_found_after_any_text(before: str, device: str):
    assert equipment_ids(f"{before}. {device}")[-1].name == "pump 2"


@pytest.mark.parametrize(
    "part",
    [
        "7",
        "a1 ",
        "泵1",
        "१ ",
        "A-1 ",
        "10LAC",
        "A1-",
        "é1 ",
        "#1 ",
        "no. 1 ",
        "1号",
        "de a 1 ",
        "á",
    ],
)
def test_a_long_text_takes_linear_time(part: str):
    begun = process_time()
    equipment_ids(part * (100_000 // len(part)))
    assert process_time() - begun < 5


def test_what_was_read_before_changes_no_reading():
    """Words before quantities are remembered: "de agua" is before one, and in a device's name."""
    links = [
        "la temperatura de agua 5 y 3 bar",
        "la bomba de agua 2 tiene 3 bar",
        "pressure is 5 #2 pump",
        "pressure is 5 nolu pompa",
        "pressure is 5 bar",
        "reading no 5 is 3 bar",
        "the pump no 5 is at 3 bar",
    ]
    texts = [text for _, text, _ in ROWS] + links
    leads = active_vocabulary().quantity_leads

    def read(text: str) -> list[tuple[int, int, str, bool, tuple[str, str] | None]]:
        return [mention[1:6] for mention in number_mentions(text)]

    alone = {}
    for text in texts:
        leads.clear()
        alone[text] = read(text)
    for _ in range(2):
        assert {text: read(text) for text in texts} == alone
    assert leads


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("pump two and pump 3", ["pump 2", "pump 3"]),
        ("Kühlwasserpumpe zwölf", ["kühlwasserpumpe 12"]),
        ("Pumpe eins", ["pump 1"]),
        ("boiler twenty-one", ["boiler 21"]),
        ("二号泵、十二号机组", ["pump 2", "unit 12"]),
        ("三号ポンプ", ["pump 3"]),
        ("pump number two, Pumpe Nr. drei", ["pump 2", "pump 3"]),
        ("第三号泵", ["pump 3"]),
        ("press two buttons, check the filter two times", []),
        ("compressor three phase", []),
        ("is the pump one of them", []),
        ("the pump draws two bar, pump five kilowatts", []),
    ],
)
def test_devices_are_named_by_number_words_too(text: str, named: list[str]):
    assert [one.name for one in named_equipment(text)] == named


@given(SPOKEN)
def test_number_words_add_devices_and_change_none(text: str):
    assert named_equipment(text)[:1] or not equipment_ids(text)
    assert set(equipment_ids(text)) <= set(named_equipment(f"{text}, Pumpe zwei"))

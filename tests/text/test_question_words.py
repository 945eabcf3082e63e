"""Words of every script: which questions are the same, and which are different."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_text import device_type, folded, normalized, phrasing_of, question_words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kühlwasserdruck an Pumpe 2?", unicodedata.normalize("NFD", "kühlwasserdruck an pumpe 2")),
        ("pump 2", "pump ２"),
        ("पंप 2", "पंप २"),
        ("المضخة 2", "المضخة ٢"),
        ("STRASSE 3", "straße 3"),
        ("ＰＵＭＰ 2", "pump 2"),
        ("ﾎﾟﾝﾌﾟ2の圧力", "ポンプ2の圧力"),
        ("泵2的功率", "泵 2 的 功率？"),
        ("ความดันของปั๊ม 2", "ความดัน ของ ปั๊ม 2"),
        ("펌프 2의 압력", unicodedata.normalize("NFD", "펌프 2의 압력")),
        ("Pum\u00adpe 2", "Pumpe 2"),
        ("pump\u200b 2\ufeff", "pump 2"),
        ("pump 2\u200e", "pump 2"),
        ("pu\u200dmp 2", "pump 2"),
        ("\u2764\ufe0f pump 2", "\u2764 pump 2"),
        ("مـضـخـة 2", "مضخة 2"),
        ("CO₂ at tank 3", "CO2 at tank 3"),
        ("flow in m³/h", "flow in m3/h"),
        ("5 µm", "5 μm"),
        ("İSTANBUL", unicodedata.normalize("NFD", "i̇stanbul")),
        ("pump 2", "Pump-2!"),
    ],
)
def test_one_question_in_two_spellings(one: str, other: str):
    assert normalized(one) == normalized(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("तेल कितना है?", "तौल कितना है?"),
        ("पंप 2 का दबाव", "पंप 2 की गति"),
        ("泵2的功率", "泵3的功率"),
        ("泵2的功率", "功率泵2的"),
        ("泵2比泵3热", "泵3比泵2热"),
        ("ปั๊ม 2", "ปั้ม 2"),
        ("שֶׁמֶן", "שָׁמֵן"),
        ("نامه\u200cای", "نامهای"),
        ("10² bar", "102 bar"),
        ("1½ bar", "11/2 bar"),
        ("tank ① 2", "tank 12"),
        ("pump 101B", "pump 101D"),
        ("Öl", "Ol"),
        ("ፓምፕ ፩", "ፓምፕ ፪"),
    ],
)
def test_two_different_questions(one: str, other: str):
    assert normalized(one) != normalized(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's pump_002?", ["what", "s", "pump", "002"]),
        ("तेल कितना है?", ["तेल", "कितना", "है"]),
        ("泵2的功率", ["泵", "2", "的", "功", "率"]),
        ("冷却水ポンプ2の圧力", ["冷", "却", "水", "ポンプ", "2", "の", "圧", "力"]),
        ("ปั๊ม 2", ["ปั๊", "ม", "2"]),
        ("펌프 2의 압력", ["펌프", "2", "의", "압력"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("क्\u200dष", ["क्\u200dष"]),
        ("שֶׁמֶן חם", ["שֶׁמֶן", "חם"]),
        ("2️⃣ 45kW", ["2", "45", "kw"]),
        ("👩‍🔧 ?!", []),
        ("", []),
    ],
)
def test_a_word_is_not_divided(text: str, words: list[str]):
    assert question_words(text) == [folded(word) for word in words]


@given(st.text())
def test_ascii_text_has_the_same_words_as_in_earlier_releases(text: str):
    plain = text.encode("ascii", "replace").decode()
    assert question_words(plain) == re.findall(r"[^\W\d_]+|\d+", plain.casefold())


@given(st.text())
def test_every_letter_and_digit_of_any_text_is_in_a_word(text: str):
    seen = {c for word in question_words(text) for c in word}
    assert seen >= {c for c in folded(text) if c.isalpha() or c.isdecimal()}
    assert all(not word.isspace() and word for word in question_words(text))


@given(st.text())
def test_composition_and_folding_make_no_difference_in_any_text(text: str):
    for form in ("NFC", "NFD"):
        assert question_words(unicodedata.normalize(form, text)) == question_words(text)
    assert question_words(folded(text)) == question_words(text)


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ("Pumpe 2", "pump"),
        ("Pumpe Nr. 2", "pump"),
        ("cooling-tower-001", "cooling tower"),
        ("Cooling tower 2", "cooling tower"),
        ("cooling_tower 1", "cooling tower"),
        ("Kühlturm 2", "cooling tower"),
        ("冷却塔-3", "cooling tower"),
        ("torre de enfriamiento 3", "cooling tower"),
        ("泵2", "pump"),
        ("2号泵", "pump"),
        ("冷却水泵2", "pump"),
        ("पंप 2", "pump"),
        ("ポンプ2号機", "pump"),
        ("101B pump", "pump"),
        ("bomba de agua 3", "pump"),
        ("feed pump 2", "feed pump"),
        ("Speisepumpe 2", "speisepumpe"),
        ("heat exchanger 2", "heat exchanger"),
        ("Wärmetauscher 2", "heat exchanger"),
        ("Chiller", "chiller"),
        ("Line 4", "line"),
        ("P-101A", "p"),
        ("TT-101", "tt"),
        ("12", ""),
        ("", ""),
    ],
)
def test_the_type_of_a_device(device: str, kind: str):
    assert device_type(device) == kind


@pytest.mark.parametrize(
    ("text", "names", "phrasing"),
    [
        ("What is the load of cooling tower 003 at 7?", ("cooling tower 003", "load"),
         "what is the _ of _ _ _ at _"),
        ("Wie hoch ist der Druck von Pumpe 2?", ("pump-2", "Druck"), "wie hoch ist der _ von _ _"),
        ("पंप २ का दबाव", ("pump-2", "दबाव"), "_ _ का _"),
        ("泵2的功率是多少", ("泵2", "功率"), "_ _ 的 _ _ 是 多 少"),
        ("2号水泵的功率", ("pump-2",), "_ 号 _ 的 功 率"),
        ("ポンプ2の圧力", ("pump 2", "圧力"), "_ _ の _ _"),
        ("bomba de agua 3", ("pump-3",), "_ de agua _"),
    ],
)  # fmt: skip
def test_devices_metric_and_numbers_are_masked_in_every_script(
    text: str, names: tuple[str, ...], phrasing: str
):
    assert phrasing_of(text, names) == phrasing

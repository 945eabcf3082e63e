"""A site adds device words and tags of its own by a file, which is refused if it is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ratchet_text import (
    active_vocabulary,
    device_type,
    equipment_ids,
    use_site_file,
    use_vocabulary,
)

SITE = """
tags = [
    "{letters}{digits}.{digits}", "+{letter}{digit}-{letters}{digits}{letter?}", "Mess {digits}",
]

[devices]
pump = ["Heber/Hebers", "汲み上げ機", "lift station"]
"screw press" = ["Schneckenpresse/Schneckenpressen"]
"""


@pytest.fixture(autouse=True)
def _vocabulary() -> Iterator[None]:
    before = active_vocabulary()
    yield
    use_vocabulary(before)


def use(folder: Path, text: str | bytes) -> None:
    path = folder / "site.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    use_site_file(path)


def named_in(text: str) -> list[str]:
    return [one.name for one in equipment_ids(text)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Heber 3 und des Hebers 4", ["pump 3", "pump 4"]),
        ("lift station 2", ["pump 2"]),
        ("汲み上げ機2の圧力", ["pump 2"]),
        ("Schneckenpressen 2", ["press 2"]),
        ("AB12.3 ist aus, +A1-QF12B auch", ["ab 12.3", "+A1-QF12B"]),
        ("Mess 12 ist 45 kW", ["Mess 12"]),
        ("Pumpe 2 und AB12.3", ["pump 2", "ab 12.3"]),
    ],
)
def test_the_words_and_tags_of_the_site_are_read(tmp_path: Path, text: str, named: list[str]):
    assert named_in(text) != named
    use(tmp_path, SITE)
    assert named_in(text) == named


def test_part_of_a_longer_word_is_no_tag(tmp_path: Path):
    use(tmp_path, SITE)
    assert named_in("AB12.34x und xAB12.3") == []


def test_a_new_kind_of_device_has_its_name(tmp_path: Path):
    use(tmp_path, SITE)
    assert device_type("Schneckenpresse 2") == "screw press"


def test_a_word_of_the_site_precedes_that_of_a_language(tmp_path: Path):
    use(tmp_path, '[devices]\nmill = ["Pumpe"]')
    assert named_in("Pumpe 2") == ["mill 2"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "\ufefftags = []\r\n[devices]\r\n"])
def test_an_empty_file_changes_nothing(tmp_path: Path, text: str):
    use(tmp_path, text)
    assert named_in("Pumpe 2, pump 3") == ["pump 2", "pump 3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("devices = 3", r"devices: must be a table; write \[devices\]"),
        ("[device]\npump = []", "device: is not a key of a site file; use assistant,"),
        ("[devices\n", "is not TOML: .*line 1.*; correct this place"),
        (b'[devices]\npump = ["P\xfcmpe"]', "is not UTF-8; save it in UTF-8"),
        ("[devices]\nPumpe = []", "devices.Pumpe: name the kind in lower-case English words"),
        ('[devices]\npump = "Heber"', "devices.pump: must be a list of words"),
        ("[devices]\npump = [3]", "devices.pump: must be a list of words"),
        ('[devices]\npump = ["Heber 3"]', "devices.pump: 'Heber 3' is no word; write letters"),
        ('[devices]\npump = [""]', "devices.pump: '' is no word"),
        ('[devices]\npump = ["bar"]', "devices.pump: 'bar' is a unit of measure; use another"),
        (
            '[devices]\npump = ["Heber"]\nvalve = ["heber"]',
            "devices.valve: 'heber' is also in pump; keep one of them",
        ),
        ("tags = 3", "tags: must be a list of notations"),
        ('tags = ["{letters}"]', r"tags: '{letters}' has no number; add {digits}"),
        ('tags = ["{word}-{digits}"]', "tags: '{word}-{digits}' has the unknown field {word}; use"),
        ('tags = ["{digits"]', "has the unknown field {; use"),
        ('tags = ["{letters}{letter}{digits}"]', "has {letter} after {letters}, which takes it"),
        ('tags = ["{digits}0"]', "has 0 after {digits}, which takes it; remove one of them"),
        ('tags = [""]', "tags: '' has 0 characters; write 1 to 60"),
    ],
)
def test_a_wrong_file_is_refused_with_file_key_and_remedy(
    tmp_path: Path, text: str | bytes, message: str
):
    with pytest.raises(ValueError, match=message) as refused:
        use(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path / 'site.toml'}: ")
    assert named_in("Pumpe 2") == ["pump 2"]


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"cannot be read .*; give the path of a file"):
        use_site_file(tmp_path / "none.toml")
    with pytest.raises(ValueError, match="cannot be read"):
        use_site_file(tmp_path)


def test_any_notation_is_read_in_linear_time(tmp_path: Path):
    fields = "{letter?}-{letters}-{digits}/" * 2
    use(tmp_path, f'tags = ["{fields}", "{{letters}}.{{digits}}"]')
    assert named_in("A-AB-1/" * 15_000)

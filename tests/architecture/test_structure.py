"""The tree says what runs where: limits on parts, folders, roots and names."""

import re

import pytest
from structure import (
    MOST_LINES,
    MOST_MODULES_IN_A_FOLDER,
    MOST_MODULES_IN_A_ROOT,
    MOST_WORDS,
    PARTS,
    defined_twice,
    folders,
    lines,
    sources,
    words,
)

SPEECH = re.compile(
    r"(^|_)(ask|asked|asking|hear|heard|say|said|saying|speak|tell|telling|told|word|words)(_|$)"
)


@pytest.mark.parametrize("part", MOST_LINES)
def test_a_part_stays_below_its_limit_of_lines(part: str):
    assert lines(part) <= MOST_LINES[part]


def test_no_folder_holds_more_modules_than_a_reader_can_survey():
    crowded = {str(f.path): f.modules for f in folders() if f.modules > MOST_MODULES_IN_A_FOLDER}
    assert crowded == {}


def test_no_service_has_a_crowded_root():
    roots = [folder for folder in folders() if folder.is_root]
    crowded = {str(f.path): f.modules for f in roots if f.modules > MOST_MODULES_IN_A_ROOT}
    assert len(roots) == 6
    assert crowded == {}


def test_no_type_name_is_defined_twice():
    assert {name: [str(path) for path in paths] for name, paths in defined_twice().items()} == {}


def test_no_module_is_named_for_a_verb_of_speech():
    spoken = [str(path) for part in PARTS for path in sources(part) if SPEECH.search(path.stem)]
    assert spoken == []


def test_the_documentation_stays_short():
    assert words() <= MOST_WORDS

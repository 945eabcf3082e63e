"""The words of follow-ups: one file for each language, and texts cut into their words."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_text import FollowUpWords, follow_up_words, tokens_of

FILES = sorted(
    files("ratchet_text").joinpath("data", "follow_ups").iterdir(), key=lambda file: file.name
)
LANGUAGES = [file.name.removesuffix(".toml") for file in FILES]


def words_of(language: str) -> FollowUpWords:
    words = follow_up_words(language)
    assert words is not None
    return words


def test_every_file_has_the_groups_of_the_english_file():
    assert LANGUAGES == ["de", "en", "es", "hi", "zh"]
    english = words_of("en")
    for language in LANGUAGES:
        words = words_of(language)
        assert words.phrases.keys() == english.phrases.keys(), language
        assert words.words.keys() - {"nouns"} == english.words.keys(), language


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_phrase_is_in_one_script(file):
    """A comma that is missing between lines would join two phrases."""
    for group in tomllib.loads(file.read_text("utf-8"))["phrases"].values():
        for phrase in filter(None, map(str.strip, group.split(","))):
            assert (
                phrase.isascii()
                or not any("a" <= letter <= "z" for letter in phrase)
                or (max(phrase) < "\u0250")
            ), phrase


@pytest.mark.parametrize("language", ["fr", "", "EN", "../en", "zh-TW"])
def test_a_language_without_a_file_has_no_words(language: str):
    assert follow_up_words(language) is None


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "pumps", "pump"),
        ("en", "twelve", "12"),
        ("en", "003", "3"),
        ("de", "störungen", "störung"),
        ("de", "zwei", "2"),
        ("es", "bombas", "bomba"),
        ("hi", "मशीनें", "मशीन"),
        ("zh", "震动", "振动"),
    ],
)
def test_forms_and_synonyms_have_one_stem(language: str, one: str, other: str):
    words = words_of(language)
    assert words.stem(words.spelled(one)) == words.stem(words.spelled(other))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "What's AHU-03 doing?", ["what's", "ahu", "03", "doing"]),
        ("de", "Größe: Pumpe ２", ["groesse", "pumpe", "2"]),
        ("es", "¿Cuál es?", ["cual", "es"]),
        ("hi", "पंप २ का दबाव", ["पंप", "2", "का", "दबाव"]),
        ("zh", "3号锅炉的温度呢？", ["3", "号", "锅炉", "的", "温度", "呢"]),
        ("zh", "pump 2壓力", ["pump", "2", "压力"]),
    ],
)
def test_a_text_is_cut_into_its_words(language: str, text: str, expected: list[str]):
    assert [token.word for token in tokens_of(text, words_of(language))] == expected


@given(text=st.text(max_size=200), language=st.sampled_from(LANGUAGES))
def test_tokens_lie_in_order_within_the_text(text: str, language: str):
    end = 0
    for token in tokens_of(text, words_of(language)):
        assert end <= token.start < token.end <= len(text)
        assert not text[token.start : token.end].isspace()
        end = token.end

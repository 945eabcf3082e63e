"""The words that carry meaning in an answer, from one file for each language."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from unicodedata import normalize

from ratchet_truth.vocabulary.tokens import tokens_in

_LANGUAGES = ("en", "de", "es", "hi", "zh")


class PhraseEntry(NamedTuple):
    """The words of a phrase after its first, and its meanings by kind, such as `quantity`."""

    rest: tuple[str, ...]
    meanings: dict[str, str]


Phrasebook = Mapping[str, Sequence[PhraseEntry]]
"""The phrases that begin with a word, the longest first."""


class Lexicon(NamedTuple):
    """What the files of all languages hold.

    `plain` are the words of each language without a meaning of their own. `tails` may end a German
    compound. `counts` are small numbers in words. The phrases in `latin_hindi` mean something only
    beside one of the words in `latin_needs`. `others` are common words of languages without a file.
    """

    phrases: Phrasebook
    plain: Mapping[str, frozenset[str]]
    tails: Mapping[str, tuple[str, str]]
    counts: Mapping[str, int]
    latin_hindi: frozenset[str]
    latin_needs: frozenset[str]
    others: frozenset[str]


def phrasebook(phrases: Iterable[tuple[str, str, str]]) -> Phrasebook:
    """A table of phrases with their kinds and meanings."""
    table: dict[str, dict[tuple[str, ...], dict[str, str]]] = {}
    for phrase, kind, meaning in phrases:
        first, *rest = (token.text for token in tokens_in(normalize("NFC", phrase)))
        table.setdefault(first, {}).setdefault(tuple(rest), {})[kind] = meaning
    return {
        first: sorted(
            (PhraseEntry(rest, meanings) for rest, meanings in entries.items()),
            key=lambda entry: -len(entry.rest),
        )
        for first, entries in table.items()
    }


@cache
def lexicon() -> Lexicon:
    """The lexicon of all languages: an answer may mix them, as operators do."""
    entries: dict[str, list[tuple[str, str, str]]] = {}
    plain: dict[str, frozenset[str]] = {}
    counts: dict[str, int] = {}
    needs: frozenset[str] = frozenset()
    for code in _LANGUAGES:
        path = files("ratchet_truth") / f"data/lexicon/{code}.toml"
        content = tomllib.loads(normalize("NFC", path.read_text("utf-8")))
        entries[code] = [
            (form, kind, meaning)
            for kind in ("quantity", "qualifier")
            for meaning, forms in content[kind].items()
            for form in forms
        ] + [
            (form, kind, kind)
            for table in ("direction", "mark")
            for kind, forms in content[table].items()
            for form in forms
        ]
        counts |= {word: number for number, word in enumerate(content["counts"]["words"])}
        plain[code] = frozenset(content["plain"]["words"].split())
        needs |= frozenset(content.get("latin_needs", ()))
    path = files("ratchet_truth") / "data/lexicon/others.toml"
    elsewhere = frozenset(tomllib.loads(path.read_text("utf-8"))["words"].split())
    # Chinese has no spaces: its plain words of several characters are phrases too.
    together = [(form, "plain", "plain") for form in plain["zh"] if len(form) > 1]
    others = {form for code in _LANGUAGES if code != "hi" for form, _, _ in entries[code]}
    return Lexicon(
        phrases=phrasebook([*(one for some in entries.values() for one in some), *together]),
        plain=plain,
        tails={form: (kind, meaning) for form, kind, meaning in entries["de"] if " " not in form},
        counts=counts,
        latin_hindi=frozenset(form for form, _, _ in entries["hi"] if form.isascii()) - others,
        latin_needs=needs,
        others=elsewhere,
    )

"""The words by which follow-ups are classified, from one data file for each language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from ratchet_text.characters import folded
from ratchet_text.tables import table

NOT = "not"
"""The stem of every negation."""
_LONGEST = 8
_FOLDER = files("ratchet_text").joinpath("data", "follow_ups")


@dataclass(frozen=True, slots=True)
class FollowUpWords:
    """Phrases and words of one language by their group; `en.toml` explains each group.

    `lexicon` has every word of a language that does not part its words, else it is empty. With
    `genders` articles agree with nouns. With `denied_first` a negation follows what it denies.
    """

    phrases: Mapping[str, tuple[str, ...]]
    words: Mapping[str, frozenset[str]]
    numbers: Mapping[str, str]
    spelling: Mapping[str, str]
    endings: tuple[tuple[str, int], ...]
    genders: bool = False
    denied_first: bool = False
    vocabulary: frozenset[str] = frozenset()
    lexicon: frozenset[str] = frozenset()
    same: dict[str, str] = field(default_factory=dict)

    def spelled(self, word: str) -> str:
        """The word in the one spelling in which words of this language are compared."""
        word = folded(word)
        for written, compared in self.spelling.items():
            word = word.replace(written, compared)
        return word

    def known(self, run: str, at: int) -> int:
        """The length of the longest word of the lexicon at `run[at]`; 0 for none."""
        lengths = range(min(_LONGEST, len(run) - at), 0, -1)
        return next((n for n in lengths if run[at : at + n] in self.lexicon), 0)

    def stem(self, word: str) -> str:
        """Number words become digits, "003" becomes "3"; endings are cut, synonyms merged."""
        if word.isdecimal():
            return word.lstrip("0") or "0"
        if word in self.numbers:
            return self.numbers[word]
        word = word.removesuffix("'s")
        word = self.same.get(word, word)
        for ending, least in self.endings:
            if len(word) - len(ending) >= least and word.endswith(ending):
                word = word if word.endswith("ss") else word[: -len(ending)]
                break
        short = word.removesuffix("e")
        return self.same.get(short if len(word) > 3 else word, short)


@cache
def follow_up_words(language: str) -> FollowUpWords | None:
    """The words of a language by its ISO 639-1 code; None if there is no file for it."""
    if f"{language}.toml" not in {file.name for file in _FOLDER.iterdir()}:
        return None
    return _read(table(f"follow_ups/{language}"))


def _read(data: Mapping[str, Any]) -> FollowUpWords:
    plain = FollowUpWords(
        phrases={},
        words={},
        numbers={},
        spelling=data.get("spelling", {}),
        endings=tuple(map(tuple, data["endings"])),
    )
    spelled = plain.spelled
    phrases = {
        name: tuple(
            spelled(" ".join(phrase.split())) for phrase in text.split(",") if phrase.strip()
        )
        for name, text in data["phrases"].items()
    }
    words = {name: frozenset(map(spelled, text.split())) for name, text in data["words"].items()}
    numbers = {
        spelled(word): number for number, some in data["numbers"].items() for word in some.split()
    }
    same = {
        spelled(word): spelled(to) for to, some in data["same"].items() for word in some.split()
    }
    every = frozenset(_flat(*phrases.values(), *words.values(), numbers, same))
    language = FollowUpWords(
        phrases=phrases,
        words=words,
        numbers=numbers,
        spelling=plain.spelling,
        endings=plain.endings,
        genders=data["genders"],
        denied_first=data["denied_first"],
        vocabulary=frozenset(word for phrase in every for word in phrase.split()),
        lexicon=frozenset() if data["spaces"] else every,
        same=same,
    )
    if not data["spaces"]:
        named = words["metrics"] | words["periods"] | words["nouns"]
        words["function"] |= frozenset(_flat(*phrases.values())) | words["questions"]
        words["function"] -= named
    for name in ("metrics", "general", "periods"):
        words[name] |= frozenset(map(language.stem, words[name]))
    return language


def _flat(*groups: Iterable[str]) -> Iterable[str]:
    return (word for group in groups for word in group)

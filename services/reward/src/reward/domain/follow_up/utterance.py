"""An utterance as whole words, and the words that carry its content."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from ratchet_text import NOT, FollowUpWords, tokens_of

_QUESTION_FROM = 4
_SENTENCE = re.compile(r"(?<=[.!?।])\s+|(?<=[。！？])")


class Utterance:
    """`text`, its `words`, and their groups in one language."""

    def __init__(self, text: str, language: FollowUpWords) -> None:
        self.text = text
        self.language = language
        self.tokens = tuple(tokens_of(text, language))
        self.words = tuple(token.word for token in self.tokens)
        self._line = f" {' '.join(self.words)} "

    @cached_property
    def stems(self) -> tuple[str, ...]:
        return tuple(map(self.language.stem, self.words))

    @cached_property
    def content(self) -> frozenset[str]:
        """The stems of its content words; every form of negation becomes `NOT`."""
        function, negations = self.language.words["function"], self.language.words["negations"]
        pairs = zip(self.words, self.stems, strict=True)
        stems = {stem for word, stem in pairs if word not in function and word not in negations}
        return frozenset(stems | {NOT} if negations.intersection(self.words) else stems)

    @cached_property
    def topic(self) -> frozenset[str]:
        """Content without numbers, periods and negations: the subject of a question."""
        without = self.language.words["periods"] | {NOT}
        return frozenset(w for w in self.content if not w.isdecimal() and w not in without)

    @cached_property
    def sentences(self) -> tuple["Utterance", ...]:
        parts = (Utterance(part, self.language) for part in sentences_of(self.text))
        return tuple(part for part in parts if part.words)

    @property
    def is_request(self) -> bool:
        """Whether it opens like a request or ends like a question."""
        is_question = self.text.rstrip().endswith(("?", "？")) and len(self.words) >= _QUESTION_FROM
        return is_question or self.opens_request

    @property
    def opens_request(self) -> bool:
        """Whether it begins like a question or an instruction, or has a question word."""
        groups = self.language.words
        if groups["questions"].intersection(self.words):
            return True
        return not groups["openers"].isdisjoint(self.words[:1]) and not self.opens("exclamations")

    @property
    def kinds(self) -> frozenset[str]:
        """The words that distinguish questions of the same content: why, who, where."""
        words = {word.removesuffix("'s") for word in self.words}
        return self.language.words["kinds"].intersection(words)

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(stem for stem in self.stems if stem.isdecimal())

    def has(self, *groups: str) -> bool:
        """Whether any phrase of the groups occurs."""
        return any(f" {phrase} " in self._line for phrase in self._phrases(groups))

    def find(self, phrase: str) -> int | None:
        """Index of the first word of the last occurrence of `phrase`."""
        place = self._line.rfind(f" {phrase} ")
        return self._line.count(" ", 0, place) if place >= 0 else None

    def opens(self, *groups: str) -> str | None:
        """The longest phrase of the groups that the utterance begins with."""
        opening = (p for p in self._phrases(groups) if self._line.startswith(f" {p} "))
        return max(opening, key=len, default=None)

    def after(self, index: int) -> "Utterance":
        """The rest after the first `index` words."""
        if index >= len(self.tokens):
            return Utterance("", self.language)
        return Utterance(self.text[self.tokens[index].start :], self.language)

    def last(self, count: int) -> "Utterance":
        return self.after(max(0, len(self.words) - count))

    def contrasts(self) -> list[int]:
        """Indices of the words that deny what stands beside them: "not pump 2", but not "no, 2"."""
        starts = (*(token.start for token in self.tokens[1:]), len(self.text))
        return [
            index
            for index, (token, start) in enumerate(zip(self.tokens, starts, strict=True))
            if token.word in self.language.words["contrast"]
            and not self.text[token.end : start].strip()
        ]

    def _phrases(self, groups: Iterable[str]) -> Iterator[str]:
        return (phrase for group in groups for phrase in self.language.phrases[group])


def sentences_of(text: str) -> list[str]:
    return _SENTENCE.split(text)

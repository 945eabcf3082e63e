"""Reads an answer: its clauses, and what stands in each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from unicodedata import normalize

from ratchet_truth.answer.clauses import Clause, Mark, cut, fill
from ratchet_truth.answer.quantities import SaidNumber, said_counts, said_numbers
from ratchet_truth.situation import JudgedSituation
from ratchet_truth.vocabulary.devices import bare_devices, named_devices
from ratchet_truth.vocabulary.metrics import METRIC, SaidMetric, add_metric
from ratchet_truth.vocabulary.phrases import Phrase, is_latin_hindi, language_in, phrases_in
from ratchet_truth.vocabulary.tokens import WordToken, tokens_in

_READ = 2_000
_MOST_NUMBERS = 60
_HEDGE_REACH = 6


@dataclass
class ReadAnswer:
    """An answer as sentences, each a list of clauses.

    `meaningful` are the places of the words that the lexicon or the situation knows. `is_whole`
    tells whether all of it was read.
    """

    text: str
    tokens: list[WordToken]
    sentences: list[list[Clause]]
    meaningful: set[int]
    is_whole: bool

    @cached_property
    def language(self) -> str:
        return language_in(self.text, self.tokens)

    def clauses(self) -> Iterator[Clause]:
        for sentence in self.sentences:
            yield from sentence


def read_answer(answer: str, situation: JudgedSituation) -> ReadAnswer:
    """The parts of an answer; what follows 2,000 characters or 60 numbers is not read."""
    text = normalize("NFC", answer[:_READ])
    tokens = tokens_in(text)
    devices = named_devices(text, tokens, situation.devices)
    numbers = list(said_numbers(text, devices))
    devices = [one for one in devices if not any(n.start < one.start < n.end for n in numbers)]
    is_whole = len(answer) <= _READ and len(numbers) <= _MOST_NUMBERS
    numbers = numbers[:_MOST_NUMBERS]
    spans = sorted([one[:2] for one in devices] + [one[:2] for one in numbers])
    outside = _outside(tokens, spans)
    phrases = list(_phrases(outside, text, situation))
    metrics: list[SaidMetric] = []
    for phrase in phrases:
        if phrase.meanings.keys() & METRIC:
            add_metric(metrics, outside, phrase, text)
    marks = [
        Mark(kind, outside[phrase.first].start, outside[phrase.last - 1].end)
        for phrase in phrases
        for kind in phrase.meanings
        if kind not in METRIC
    ]
    named = {
        at
        for phrase in phrases
        if phrase.meanings.keys() & METRIC
        for at in range(phrase.first, phrase.last)
    }
    free = [token for at, token in enumerate(outside) if at not in named and token.text]
    devices += bare_devices(free, text, devices, situation.devices, situation.known_words)
    if situation.counts:
        numbers += said_counts(free)
    sentences = cut(text, marks, spans)
    fill(sentences, sorted(devices), metrics, sorted(_rounded(numbers, marks)), marks)
    meaningful = {
        token.start for phrase in phrases for token in outside[phrase.first : phrase.last]
    }
    return ReadAnswer(text, tokens, sentences, meaningful, is_whole)


def _phrases(
    tokens: Sequence[WordToken], text: str, situation: JudgedSituation
) -> Iterator[Phrase]:
    words = frozenset(token.text for token in tokens)
    for phrase in phrases_in(tokens, situation.phrases):
        written = text[tokens[phrase.first].start : tokens[phrase.last - 1].end]
        if not (written.isascii() and is_latin_hindi(written.lower(), words)):
            yield phrase


def _rounded(numbers: Sequence[SaidNumber], marks: Sequence[Mark]) -> list[SaidNumber]:
    """The numbers, with those marked that stand after a word such as "about"."""
    hedges = [mark.end for mark in marks if mark.kind == "hedge"]
    return [
        one._replace(
            rounded=one.rounded or any(0 <= one.start - end <= _HEDGE_REACH for end in hedges)
        )
        for one in numbers
    ]


def _outside(tokens: Sequence[WordToken], spans: Sequence[tuple[int, int]]) -> list[WordToken]:
    """The tokens outside of these spans, with an empty one in the place of each span."""
    found: list[WordToken] = []
    at = 0
    for token in tokens:
        while at < len(spans) and spans[at][0] <= token.start:
            found.append(WordToken("", *spans[at]))
            at += 1
        if not (found and not found[-1].text and token.start < found[-1].end):
            found.append(token)
    return found + [WordToken("", *span) for span in spans[at:]]

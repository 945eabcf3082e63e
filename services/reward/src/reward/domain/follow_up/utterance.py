"""An utterance as whole words, and the words that carry its content."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_KINDS = {"why", "who", "where"}
_NUMBERS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
}
_TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
_FUNCTION = frozenset(
    "a about actually all also am an and are as at be been being but by can can't could did "
    "didn't do does doesn't doing don't for from get give had has have he her him his hello "
    "hey how how's i i'd i'll i'm i've if in into is isn't it it's its just let let's list "
    "many may me much my now number of off ok okay on one's or our out over please right say "
    "see she should show so some sorry tell thank thanks that that's the their them then "
    "there there's these they they're this those to too up us very was we well were what "
    "what's whats which will with would yes you your again value reading repeat more time "
    "once any anything anyone anybody something who who's when when's where where's why why's "
    "still currently moment right today's long want need wanted meant mean said asked asking "
    "talking know look take going go through got did's happened".split()
)
_SAME = {"fast": "speed", "quick": "speed", "consumption": "use", "usage": "use", "used": "use",
         "consume": "use", "consumed": "use", "hot": "temperature", "warm": "temperature",
         "alarming": "alarm", "alert": "alarm", "graph": "trend", "full": "level"}  # fmt: skip
NEGATIONS = frozenset(("no", "not", "none", "without", "never", "isn't", "aren't"))
PERIODS = frozenset(
    "today yesterday tonight tomorrow morning afternoon evening night midnight noon week weekend "
    "month year day hour hours minute minutes quarter monday tuesday wednesday thursday friday "
    "saturday sunday january february march april june july august september october november "
    "december last this past since ago daily weekly monthly previous current now".split()
)


class Token(NamedTuple):
    """A word in lower case, with its position in the text."""

    word: str
    start: int
    end: int


class Utterance:
    """`text` as spoken, its `words` in lower case, and their stems."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tuple(
            Token(match.group().lower().replace("’", "'"), match.start(), match.end())
            for match in _TOKEN.finditer(text)
        )
        self.words = tuple(token.word for token in self.tokens)

    @cached_property
    def content(self) -> frozenset[str]:
        """The stems of its content words; every form of negation becomes "not"."""
        stems = {stem(word) for word in self.words if word not in _FUNCTION}
        negated = any(word in NEGATIONS for word in self.words)
        return frozenset(stems - NEGATIONS) | ({"not"} if negated else frozenset())

    @cached_property
    def topic(self) -> frozenset[str]:
        """Content without numbers, periods and negations: the subject of a question."""
        return frozenset(
            word
            for word in self.content
            if not word.isdigit() and word not in PERIODS and word != "not"
        )

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        return tuple(part for part in _SENTENCE.split(self.text) if Utterance(part).words)

    @property
    def is_request(self) -> bool:
        """Whether it begins like a question or an instruction."""
        return self.words[:1] != () and self.words[0] in _OPENERS and self.words[1:2] != ("a",)

    @property
    def question_words(self) -> frozenset[str]:
        """The words that distinguish questions of the same content: why, who, where."""
        return frozenset(word.removesuffix("'s") for word in self.words) & _KINDS

    def has(self, *phrases: str) -> bool:
        """Whether any of the phrases occurs."""
        return any(self.find(phrase) is not None for phrase in phrases)

    def find(self, phrase: str) -> int | None:
        """Index of the first word of the last occurrence of `phrase`."""
        searched = tuple(phrase.split())
        for start in range(len(self.words) - len(searched), -1, -1):
            if self.words[start : start + len(searched)] == searched:
                return start
        return None

    def opens_with(self, *phrases: str) -> str | None:
        """The longest of `phrases` that the utterance begins with."""
        for phrase in sorted(phrases, key=len, reverse=True):
            searched = tuple(phrase.split())
            if self.words[: len(searched)] == searched:
                return phrase
        return None

    def after(self, index: int) -> "Utterance":
        """The rest after the first `index` words."""
        if index >= len(self.tokens):
            return Utterance("")
        return Utterance(self.text[self.tokens[index].start :])


def stem(word: str) -> str:
    """Number words become digits, "003" becomes "3"; endings are cut, a few synonyms merged."""
    if word.isdigit():
        return word.lstrip("0") or "0"
    if word in _NUMBERS:
        return _NUMBERS[word]
    if word in _TENS:
        return str(_TENS[word])
    word = word.removesuffix("'s")
    word = _SAME.get(word, word)
    for ending in ("ning", "ing", "ers", "er", "ed", "es", "s"):
        least = 3 if ending in ("s", "ning", "ing") else 4
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    return _SAME.get(word.removesuffix("e") if len(word) > 3 else word, word.removesuffix("e"))


def numbers(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word for word in map(stem, words) if word.isdigit())


METRICS = frozenset(
    stem(word)
    for word in "power energy temperature pressure flow level vibration speed current voltage "
    "humidity load efficiency torque frequency demand cost price status health alarm setpoint "
    "limit average mean trend maximum minimum max min peak runtime capacity weight density".split()
)
_OPENERS = frozenset(
    "what what's whats whatever which who who's when when's where where's why why's how how's is "
    "isn't are aren't was were do does did didn't can could would will has have had any anything "
    "anyone show list give plot compare display tell bring open draw zoom break filter sort split "
    "group only just add put make switch go find get leave exclude include remove limit narrow use "
    "convert express change keep check explain describe highlight rank hide let let's read export "
    "print send save focus drill widen count calculate summarize summarise name".split()
)

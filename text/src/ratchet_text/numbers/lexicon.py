"""The values of English and German number words: "forty", "dreiundvierzig", "zweihundert"."""

from ratchet_text.tables import table

_TABLE = table("numbers/words")
_LANGUAGES = (_TABLE["english"], _TABLE["german"])
DECADE = 10
FIRST_TENS = 20
HUNDRED = 100
_LONGEST = 60


def _variants(word: str) -> tuple[str, ...]:
    plain = word.replace("ü", "ue").replace("ö", "oe").replace("ß", "ss")
    return (word, plain, word.replace("ü", "u\u0308").replace("ö", "o\u0308"))


def _simple() -> dict[str, int]:
    others: dict[str, int] = _TABLE["german"]["also"]
    return others | {
        form: value
        for language in _LANGUAGES
        for words, first, step in ((language["units"], 0, 1), (language["tens"], FIRST_TENS, 10))
        for value, word in zip(range(first, first + step * len(words), step), words, strict=True)
        for form in _variants(word)
    }


_SIMPLE = _simple()
SCALES: dict[str, int] = {
    word: scale for language in _LANGUAGES for word, scale in language["scales"].items()
}
POINTS = frozenset(word for language in _LANGUAGES for word in language["point"])
HALVES = frozenset(_TABLE["halves"]["half"])
MIXED: dict[str, float] = _TABLE["halves"]["mixed"]
EINHALB: str = _TABLE["halves"]["suffix"]
PARTS: dict[str, float] = _TABLE["halves"]["quarters"]
COUNTED = frozenset(_TABLE["counted"])
AFTER_ONE = frozenset(_TABLE["after_one"])
SPOKEN_ZEROS = frozenset(_TABLE["spoken_zeros"])
ARTICLES = frozenset(_TABLE["halves"]["articles"])
_TENS = {word: value for word, value in _SIMPLE.items() if value >= FIRST_TENS}
_ONES = {"ein": 1} | {word: value for word, value in _SIMPLE.items() if 0 < value < DECADE}
_COMPOUNDS = {f"{one}und{ten}": _ONES[one] + _TENS[ten] for one in _ONES for ten in _TENS}
TRIGGERS = frozenset((*_SIMPLE, *SCALES, *HALVES, *MIXED, *_COMPOUNDS))
SINGLE = TRIGGERS - _COMPOUNDS.keys()


def value_of(word: str) -> int | None:
    """The value of one word, also of a German compound ("zweitausendfünfhundert")."""
    value = _SIMPLE.get(word)
    if value is None:
        value = _COMPOUNDS.get(word)
    if value is not None or len(word) > _LONGEST:
        return value
    for name, scale in (("tausend", 1000), ("hundert", HUNDRED)):
        before, found, after = word.partition(name)
        if found:
            head = _ONES.get(before, value_of(before)) if before else 1
            tail = value_of(after.removeprefix("und")) if after else 0
            return None if head is None or tail is None else head * scale + tail
    return None

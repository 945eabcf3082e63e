"""Characters of words in every script, and the one form in which they are compared."""

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from itertools import chain

# Where marks, digits and numerals are: neither among ideographs and Hangul nor in private areas.
_CODES = chain(
    range(0x80, 0x3400), range(0xA000, 0xAC00), range(0xF900, 0x12500), range(0x16A00, 0x17000),
    range(0x1BC00, 0x1FC00),
)  # fmt: skip
_SPACELESS_BLOCKS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\u3040-\u309f\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
_WITHOUT_FORM = "\u034f\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0"
_JOINERS = (0x200C, 0x200D)


def _classes() -> dict[str, str]:
    """The insides of character classes, by the categories of Unicode."""
    ranges: defaultdict[str, list[list[int]]] = defaultdict(list)
    for code in _CODES:
        category = unicodedata.category(chr(code))
        kind = "M" if category[0] == "M" else category
        if kind not in ("M", "Nd", "No", "Cf") or code in _JOINERS:
            continue
        if ranges[kind] and ranges[kind][-1][1] == code - 1:
            ranges[kind][-1][1] = code
        else:
            ranges[kind].append([code, code])
    return {kind: "".join(_range(*ends) for ends in found) for kind, found in ranges.items()}


def _range(first: int, last: int) -> str:
    return f"\\U{first:08x}-\\U{last:08x}"


_CLASSES = _classes()
MARKS = _CLASSES["M"]
"""Combining marks, as the inside of a character class."""
IGNORED = f"{_CLASSES['Cf']}{_WITHOUT_FORM}\U000e0001-\U000e01ef"
"""Characters that no comparison sees (soft hyphens, variation selectors), likewise."""
LETTER = rf"[^\W\d_{_SPACELESS_BLOCKS}{_CLASSES['No']}]"
"""A letter of a script that parts its words, as a regular expression."""
PART = rf"(?:{LETTER}|[{MARKS}{IGNORED}\u200c\u200d])"
"""A letter, a mark on it, or an invisible character inside its word, likewise."""
SPACELESS = rf"[{_SPACELESS_BLOCKS}]"
"""A character of a script that does not part its words (Chinese, Thai), likewise."""
_INSIDE_WORDS = rf"{_SPACELESS_BLOCKS}\u30a0-\u30ff\u31f0-\u31ff\u1100-\u11ff\uac00-\ud7a3"
RUN = rf"[{_INSIDE_WORDS}]"
"""A character of a script whose device words stand inside longer words (Korean too), likewise."""
WORD_END = rf"(?![^\W_{_INSIDE_WORDS}])"
"""The end of a word or number of a script that parts its words, likewise."""

NUMERAL = f"[{_CLASSES['No']}]"
"""A raised, circled or fractional number, likewise."""
_SPACED = bytes(
    code if code > 127 else ord(chr(code).lower()) if chr(code).isalpha() else ord(" ")
    for code in range(256)
)
_IGNORABLE = re.compile(f"[{IGNORED}]+")
_NUMERALS = re.compile(f"({NUMERAL}+)")
_OTHER_DIGIT = re.compile(f"[{_CLASSES['Nd']}]")
_BRAHMIC = chain(range(0x900, 0x1C00), range(0xA800, 0xAC00), range(0x11000, 0x11E00))
_VIRAMAS = "".join(chr(code) for code in _BRAHMIC if unicodedata.combining(chr(code)) == 9)
# UAX 31: a joiner distinguishes words after a virama and, for ZWNJ, between Arabic letters.
_JOINER = re.compile(f"(?<![{_VIRAMAS}])\u200d|(?<![{_VIRAMAS}\u0620-\u06d3])\u200c")


def lowered_words(text: str) -> list[str]:
    """The words of a text in lower case, split at all characters of ASCII but letters."""
    # Bytes are translated several times as fast as characters.
    if text.isascii():
        return text.encode().translate(_SPACED).decode().split()
    spaced = text.lower().encode("utf-8", "surrogatepass").translate(_SPACED)
    return spaced.decode("utf-8", "surrogatepass").split()


def folded(text: str) -> str:
    """The text in the form in which texts are compared.

    Compatibility forms, case and composition are folded (NFKC and full case folding), digits of
    every script become ASCII, and characters without a form of their own are left out. A raised,
    circled or fractional number stays apart from the digits beside it.
    """
    if text.isascii():
        return text.lower()
    text = _IGNORABLE.sub("", _NUMERALS.sub(r" \1 ", text))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _OTHER_DIGIT.sub(_ascii_digit, _JOINER.sub("", text))


folded_word = lru_cache(8_192)(folded)
"""`folded` for single words, which occur again."""


def _ascii_digit(match: re.Match[str]) -> str:
    return str(unicodedata.decimal(match[0]))

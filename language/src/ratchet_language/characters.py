"""Characters of words in every script, and the one form in which they are compared."""

import re
import unicodedata
from collections.abc import Iterable

# Every mark lies below U+20000 or is a variation selector, which no comparison sees.
_PLANES = range(0x20000)
_SPACELESS_BLOCKS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\u3040-\u309f\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)


def _ranges(codes: Iterable[int]) -> str:
    """The inside of a character class with these code points."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


_CATEGORY = {code: unicodedata.category(chr(code)) for code in _PLANES}
_IGNORED = (
    _ranges(
        [
            code
            for code, category in _CATEGORY.items()
            if category == "Cf" and code not in (0x200C, 0x200D)
        ]
    )
    + "\u034f\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0"
    + "\U000e0001-\U000e01ef"
)
MARKS = _ranges(code for code, category in _CATEGORY.items() if category[0] == "M")
"""Combining marks, as the inside of a character class."""
_DECIMALS = {
    code: str(unicodedata.decimal(chr(code)))
    for code, category in _CATEGORY.items()
    if category == "Nd" and code > 0x7F
}
_NUMERALS = re.compile(
    f"([{_ranges(c for c, category in _CATEGORY.items() if category == 'No')}]+)"
)
_IGNORABLE = re.compile(f"[{_IGNORED}]+")
_VIRAMAS = "".join(chr(code) for code in _PLANES if unicodedata.combining(chr(code)) == 9)
# A joiner separates words of Persian and forms of Indic letters; elsewhere it is invisible noise.
_JOINER = re.compile(f"(?<![{_VIRAMAS}])\u200d|(?<![{_VIRAMAS}\u0620-\u06d3])\u200c")
_OTHER_DECIMAL = re.compile(f"[{_ranges(_DECIMALS)}]")

LETTER = rf"[^\W\d_{_SPACELESS_BLOCKS}]"
"""A letter of a script that parts its words, as a regular expression."""
PART = rf"(?:{LETTER}|[{MARKS}\u200c\u200d])"
RUN = re.compile(rf"[{_SPACELESS_BLOCKS}\u30a0-\u30ff\u31f0-\u31ff]+")
"""Text of scripts whose device words stand inside longer words (Chinese, Japanese, Thai)."""
SPACELESS = rf"[{_SPACELESS_BLOCKS}]"
"""A character of a script that does not part its words (Chinese, Thai)."""


def folded(text: str) -> str:
    """The text in the form in which texts are compared.

    Compatibility forms, case and composition are folded (NFKC and full case folding), digits of
    every script are ASCII, and characters without a form of their own are left out. A raised or
    circled number stays apart from the digits beside it.
    """
    if text.isascii():
        return text.lower()
    text = _IGNORABLE.sub("", _NUMERALS.sub(r" \1 ", text))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _JOINER.sub("", text)
    return text.translate(_DECIMALS) if _OTHER_DECIMAL.search(text) else text

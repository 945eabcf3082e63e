"""The grammar of numbers in digits and of the token after a number, in linear time.

Possessive quantifiers: no pattern goes back over what it has read.
"""

import re

from ratchet_language.characters import PART
from ratchet_language.numbers.canonical import VULGAR
from ratchet_language.units import unspaced_unit

_RAISED = "[⁺⁻]?[⁰¹²³⁴-⁹]++"
_VULGAR = "".join(VULGAR)
_POWER = (
    r"[eE][+-]?[0-9]++(?![A-Za-z])|\^[({]?[+-]?[0-9]++[)}]?+"
    r"|[ \u202f]?(?:[x*×·]|\\times)[ \u202f]?10(?:(?:\^|\*\*)[({]?[+-]?[0-9]++[)}]?+"
)
_SPOKEN = "(?: (?:[Kk]omma|[Pp]oint) [0-9]++)?+"
# The plain first digit is a fast prefix of the search.
_PLAIN = (
    r"[0-9](?:[0-9]{0,2}(?:[ _'][0-9]{3}(?![0-9]))++|[0-9]*+)(?:[.,:/][0-9]++)*+"
    rf"{_SPOKEN}"
    rf"(?:{_POWER}))?+"
)
_EVERY = (
    r"[0-9](?:[0-9]{0,2}(?:[ _'\u202f][0-9]{3}(?![0-9]))++|[0-9]*+)(?:[.,:/٫٬][0-9]++)*+"
    rf"{_SPOKEN}"
    rf"(?:{_POWER}|{_RAISED})|{_RAISED}|[ \u202f]?[{_VULGAR}])?+"
)
CLOSED_UP = "\u0e00"
"""The first character of the scripts without spaces around units."""
_GAP = r"[\s*_`-]*+"
_PER_CENT = r"[pP](?:er|or|our) c(?:iento|ento|ent)(?![^\W_])"
_PLAIN_TOKEN = (
    rf"((?:[mM]3(?![^\W_])|{_PER_CENT}|[^\W\d_]++)(?:/[^\W\d_]++)?+|°(?: ?[CFcf](?![^\W_]))?+|%)?+"
)
_WESTERN = r"[A-Za-zµ¹²³À-ÖØ-öø-\u02af\u0300-\u052f⁻]"
_CLOSED_UP = r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff]"
_TOKEN = (
    rf"((?:[mM]3(?![A-Za-z0-9])|{_PER_CENT}|{_WESTERN}++)(?:/{_WESTERN}++3?+)?+"
    rf"|°(?: ?[CFcf](?![A-Za-z0-9]))?+|[%‰℃℉×]|{_CLOSED_UP}|{PART}++(?:/{PART}++)?+)?+"
)

PLAIN = re.compile(rf"({_PLAIN}){_GAP}{_PLAIN_TOKEN}")
"""A number in ASCII (1) and the token after it (2)."""
EVERY = re.compile(rf"({_EVERY}|[{_VULGAR}])[\s*_`\u200e\u200f\u061c\u2066-\u2069-]*+{_TOKEN}")
"""A number in canonical characters (1) and the token after it (2)."""
_FOLLOWER = re.compile(rf"[\s*_`\u200e\u200f\u061c-]*+{_TOKEN}")


def follower_at(text: str, end: int) -> tuple[str, int]:
    """The token after a number that ends at `end`, and where the token ends."""
    match = _FOLLOWER.match(text, end)
    if match is None or match[1] is None:
        return "", end
    token = unit_of(text, match[1], match.start(1))
    return token, match.start(1) + len(token)


def unit_of(text: str, token: str, start: int) -> str:
    """The whole unit that begins with `token`, in a script without spaces around units."""
    return (token >= CLOSED_UP and unspaced_unit(text, start)) or token

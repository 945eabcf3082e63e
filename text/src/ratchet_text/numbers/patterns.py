"""The grammar of numbers in digits, in linear time.

Possessive quantifiers: no pattern goes back over what it has read.
"""

import re

from ratchet_text.followers import GAP, PLAIN_TOKEN, TOKEN
from ratchet_text.numbers.canonical import VULGAR

_RAISED = "[⁺⁻]?[⁰¹²³⁴-⁹]++"
_VULGAR = "".join(VULGAR)
_POWER = (
    r"[eE][+-]?[0-9]++(?![A-Za-z])|\^[({]?[+-]?[0-9]++[)}]?+"
    r"|[ \u202f]?(?:[x*×·]|\\times)[ \u202f]?10(?: ?(?:\^|\*\*) ?[({]?[+-]?[0-9]++[)}]?+"
)
_SPOKEN = "(?: (?:[Kk]omma|[Pp]oint) [0-9]++)?+"
# The plain first digit is a fast prefix of the search.
_PLAIN = (
    r"[0-9](?:[0-9]{0,2}+(?:[ _'][0-9]{3}(?![0-9]))++|[0-9]*+)(?:[.,:/][0-9]++)*+"
    rf"{_SPOKEN}"
    rf"(?:{_POWER}))?+"
)
_EVERY = (
    r"[0-9](?:[0-9]{0,2}+(?:[ _'\u202f][0-9]{3}(?![0-9]))++|[0-9]*+)(?:[.,:/٫٬][0-9]++)*+"
    rf"{_SPOKEN}"
    rf"(?:{_POWER}|{_RAISED})|{_RAISED}|[ \u202f]?[{_VULGAR}])?+"
)
PLAIN = re.compile(rf"({_PLAIN}){GAP}{PLAIN_TOKEN}")
"""A number in ASCII (1) and the token after it (2)."""
EVERY = re.compile(rf"({_EVERY}|[{_VULGAR}])[\s*_`\u200e\u200f\u061c\u2066-\u2069-]*+{TOKEN}")
"""A number in canonical characters (1) and the token after it (2)."""

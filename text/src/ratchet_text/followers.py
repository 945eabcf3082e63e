"""The token after a number: its unit, if it is one.

Possessive quantifiers: no pattern goes back over what it has read.
"""

import re

from ratchet_text.characters import PART
from ratchet_text.units import unspaced_unit

CLOSED_UP = "\u0e00"
"""The first character of the scripts without spaces around units."""
GAP = r"[\s*_`-]*+"
_PER_CENT = r"[pP](?:er|or|our) c(?:iento|ento|ent)(?![^\W_])"
PLAIN_TOKEN = (
    rf"((?:[mM]3(?![^\W_])|{_PER_CENT}|[^\W\d_]++)(?:/[^\W\d_]++)?+"
    r"|°(?: ?[CFcf](?![^\W_]))?+|%(?![0-9]))?+"
)
_WESTERN = r"[A-Za-zµ¹²³À-ÖØ-öø-\u02af\u0300-\u052f⁻]"
_CLOSED_UP = r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff]"
TOKEN = (
    rf"((?:[mM]3(?![A-Za-z0-9])|{_PER_CENT}|{_WESTERN}++)(?:/{_WESTERN}++3?+)?+"
    rf"|°(?: ?[CFcf](?![A-Za-z0-9]))?+|%(?![0-9])|[‰℃℉×]|{_CLOSED_UP}|{PART}++(?:/{PART}++)?+)?+"
)
_FOLLOWER = re.compile(rf"[\s*_`\u200e\u200f\u061c-]*+{TOKEN}")


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

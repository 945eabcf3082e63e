"""Hides known secrets in any text."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from ratchet_text.secrets.addresses import MASK, secrets_in

_SECRET_VARIABLE = re.compile(
    r"(PASSWORD|PASSWD|TOKEN|SECRET|API_KEY|ACCESS_KEY|HEADERS)$", re.IGNORECASE
)
_SHORT = 6
"""Characters below which a secret may be part of an ordinary word."""


@dataclass(frozen=True)
class Secrets:
    """The secrets of a process, without percent-encoding."""

    values: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Iterable[str], environment: Mapping[str, str]) -> "Secrets":
        """Those in the addresses of `settings` and `environment`, and in its secret variables."""
        found = {secret for value in settings for secret in secrets_in(value)}
        for name, value in environment.items():
            if _SECRET_VARIABLE.search(name):
                # The headers for a collector are pairs, separated by commas.
                pairs = {value, *(pair.partition("=")[2] for pair in value.split(","))}
                words = {word for pair in pairs for word in (pair, *unquote(pair).split()[-1:])}
                found |= {unquote(word) for word in words if len(word) >= _SHORT}
            elif "://" in value:
                found |= secrets_in(value)
        return cls(frozenset(found))

    def hide(self, value: Any) -> Any:
        """`value` with `***` for each secret, however it is percent-encoded or escaped.

        Mappings and other collections become dicts and lists. A secret of one character stays.
        """
        if isinstance(value, str):
            return self._pattern.sub(MASK, value) if self._pattern else value
        if isinstance(value, Mapping):
            return {key: self.hide(each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.hide(each) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        text = str(value)
        hidden = self.hide(text)
        return value if hidden == text else hidden

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        longest_first = sorted(self.values, key=len, reverse=True)
        patterns = [_any_spelling(secret) for secret in longest_first if len(secret) > 1]
        return re.compile("|".join(patterns)) if patterns else None


NO_SECRETS = Secrets()


def _any_spelling(secret: str) -> str:
    pattern = "".join(map(_spellings, secret))
    if len(secret) >= _SHORT:
        return pattern
    return rf"(?:(?<!\w)|(?<=%[0-9A-Fa-f]{{2}})){pattern}(?!\w)"


def _spellings(character: str) -> str:
    """A pattern of `character` as it is, percent-encoded, and escaped as JSON or `repr` do."""
    octets = character.encode("utf-8", "surrogatepass")
    encoded = "".join(f"%(?:25)*{octet:02x}" for octet in octets)
    escapes = {json.dumps(character)[1:-1], ascii(character)[1:-1]}
    escaped = "|".join(re.escape(escape).replace(r"\\", r"\\+") for escape in escapes)
    space = r"|\+|\s" if character in " +" else ""
    # The longer spellings come first: `%` is the beginning of `%25`.
    return rf"(?:(?i:{encoded}|{escaped})|\\*{re.escape(character)}{space})"

"""Replaces what the site does not want recorded: regular expressions, each with a name."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PROBES = ("a", "1", " ", "a ", "1.", "a@", "-", "é")
_PROBE_SIZES = (*range(8, 33, 2), 100, 1_000)
_SLOW_S = 0.5


class InvalidRedaction(ValueError):
    """A rule cannot be used; the message begins with its name."""


@dataclass(frozen=True)
class RedactionRule:
    name: str
    pattern: re.Pattern[str]
    replacement: str


@dataclass(frozen=True)
class Redaction:
    """The rules in the order in which they are applied."""

    rules: Sequence[RedactionRule] = ()

    def of(self, value: Any) -> Any:
        """`value` with each of its texts redacted; names of fields are kept.

        Halves of UTF-16 pairs, which JSON can state and UTF-8 cannot, become `?`.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self._encodable(name): self.of(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(one) for one in value]
        return value

    def text(self, text: str) -> str:
        for rule in self.rules:
            text = rule.pattern.sub(rule.replacement, text)
        return self._encodable(text)

    @staticmethod
    def _encodable(text: str) -> str:
        return text if text.isascii() else text.encode(errors="replace").decode()


def read_rules(tables: Mapping[str, Any]) -> Redaction:
    """The rules of a settings file: by name a `pattern`, and what replaces it (`[<name>]`).

    Raises `InvalidRedaction` for an expression that is invalid, that matches an empty text, or
    that takes more than half a second for a text of at most 2,000 characters.
    """
    return Redaction([_rule(name, table) for name, table in tables.items()])


def _rule(name: str, table: Any) -> RedactionRule:
    if not isinstance(table, dict) or not isinstance(table.get("pattern"), str):
        raise InvalidRedaction(f"{name}: write pattern = '...' in a table of this name")
    replacement = table.get("replacement", f"[{name}]")
    if unknown := table.keys() - {"pattern", "replacement"}:
        raise InvalidRedaction(f"{name}: remove {', '.join(sorted(unknown))}")
    try:
        pattern = re.compile(table["pattern"])
        pattern.sub(replacement, "")
    except (re.error, TypeError, IndexError) as error:
        raise InvalidRedaction(f"{name}: not a regular expression: {error}") from error
    if pattern.search(""):
        raise InvalidRedaction(f"{name}: matches an empty text; let it need a character")
    if _is_slow(pattern):
        raise InvalidRedaction(
            f"{name}: takes too long for some texts; avoid repetitions inside of repetitions"
        )
    return RedactionRule(name, pattern, replacement)


def _is_slow(pattern: re.Pattern[str]) -> bool:
    """Whether it takes too long for one of some texts, which grow until then."""
    for probe in _PROBES:
        for size in _PROBE_SIZES:
            began = time.perf_counter()
            pattern.search(probe * size + "\n")
            if time.perf_counter() - began > _SLOW_S:
                return True
    return False

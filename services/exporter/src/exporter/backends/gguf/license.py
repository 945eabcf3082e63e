"""Finds the license of a base model in its directory."""

import re
from pathlib import Path

_FILES = ("LICENSE", "LICENSE.txt", "LICENSE.md")
_CARD = "README.md"
_NAMED = re.compile(r"\A---\n(?:.*\n)*?license:[ \t]*(\S+)[ \t]*\n(?:.*\n)*?---$", re.MULTILINE)


def license_of(base: Path) -> str | None:
    """The text of the license file, else the name in the model card's header, else None."""
    for name in _FILES:
        if (base / name).is_file():
            return (base / name).read_text(encoding="utf-8")
    card = base / _CARD
    named = _NAMED.match(card.read_text(encoding="utf-8")) if card.is_file() else None
    return named[1] if named else None

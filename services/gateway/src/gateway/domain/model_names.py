"""Which models may be used, by every spelling of their names."""

from collections.abc import Iterable, Mapping
from typing import Any

_DEFAULT_PARTS = ("registry.ollama.ai/", "library/")
_DEFAULT_TAG = ":latest"
_FIELDS = ("model", "name")


def plain_name(name: str) -> str:
    """The name without what Ollama adds to it: `Library/M:latest` is `m`."""
    plain = name.strip().lower()
    for part in _DEFAULT_PARTS:
        plain = plain.removeprefix(part)
    return plain.removesuffix(_DEFAULT_TAG)


def names_in(body: Mapping[str, Any]) -> list[str]:
    """The models that a body names. Servers in Go accept a field in any case."""
    return [
        value
        for field, value in body.items()
        if field.casefold() in _FIELDS and isinstance(value, str) and value
    ]


def refused_model(names: Iterable[str], allowed: Iterable[str]) -> str | None:
    """The first of `names` that is not among `allowed`; None if all are, or if all may be used."""
    known = {plain_name(name) for name in allowed}
    return next((name for name in names if known and plain_name(name) not in known), None)

"""The language of a short text, by py3langid (Lui & Baldwin 2012, langid.py)."""

from functools import cache

from py3langid.langid import (  # type: ignore[import-untyped]
    MODEL_DIR,
    MODEL_FILE,
    LanguageIdentifier,
)

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pl", "pt")
"""A choice of eight is more reliable than one of a hundred: questions have about five words."""


def language_of(text: str) -> str:
    """The most likely of `LANGUAGES`; "" for a text without letters. The first call takes 1 s."""
    if not any(map(str.isalpha, text)):
        return ""
    code: str = _identifier().classify(text)[0]
    return code


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_modelpath(MODEL_DIR / MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier

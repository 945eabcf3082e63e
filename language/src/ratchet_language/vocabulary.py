"""The device words and tags that texts are read with: those of the languages, and a site's own."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ratchet_language.characters import RUN, folded


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Device words by their folded forms; a `key` names one kind of device in all languages.

    `words` are forms of scripts that part words, `phrases` their last words with (words before,
    key), and `runs` forms of scripts that do not. `compounds` are the forms that end a compound,
    with their basic form. `links` join a device to what it is for ("bomba de agua"); `numbering`
    stands before a number ("Nr."), `ordinals` after it ("2号泵").
    """

    words: Mapping[str, str]
    phrases: Mapping[str, tuple[tuple[str, str], ...]]
    compounds: Mapping[str, str]
    runs: Mapping[str, str]
    links: frozenset[str]
    numbering: frozenset[str]
    ordinals: frozenset[str]
    longest_run: int
    run_device: re.Pattern[str]
    ordinal_device: re.Pattern[str]
    tags: tuple[re.Pattern[str], ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceForm:
    """One form of a device word, with its basic form, as they are written."""

    key: str
    form: str
    basic: str
    compounding: bool = False


def vocabulary_of(
    forms: Iterable[DeviceForm],
    links: Iterable[str] = (),
    numbering: Iterable[str] = (),
    ordinals: Iterable[str] = (),
    tags: Iterable[re.Pattern[str]] = (),
) -> Vocabulary:
    words: dict[str, str] = {}
    phrases: dict[str, list[tuple[str, str]]] = {}
    compounds: dict[str, str] = {}
    runs: dict[str, str] = {}
    for one in forms:
        form = folded(one.form)
        if RUN.fullmatch(form):
            runs[form] = one.key
        elif " " in form:
            before, _, last = form.rpartition(" ")
            phrases.setdefault(last, []).append((before, one.key))
        else:
            words[form] = one.key
            if one.compounding:
                compounds[form] = folded(one.basic)
    device = "|".join(map(re.escape, sorted(runs, key=len, reverse=True))) or "(?!)"
    ordinals = frozenset(map(folded, ordinals))
    marks = "|".join(map(re.escape, sorted(ordinals, key=len, reverse=True))) or "(?!)"
    return Vocabulary(
        words=words,
        phrases={last: tuple(some) for last, some in phrases.items()},
        compounds=compounds,
        runs=runs,
        links=frozenset(map(folded, links)),
        numbering=frozenset(map(folded, numbering)),
        ordinals=ordinals,
        longest_run=max(map(len, runs), default=0),
        run_device=re.compile(device),
        ordinal_device=re.compile(
            rf" ?(?:{marks}) ?(?:(?![的の]){RUN.pattern[:-1]}){{0,6}}?({device})"
        ),
        tags=tuple(tags),
    )


@cache
def languages() -> tuple[Mapping[str, Any], ...]:
    """The files of the languages, in the order of their names."""
    folder = files("ratchet_language") / "data" / "equipment"
    return tuple(
        tomllib.loads(file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
    )


def forms_of(language: Mapping[str, Any]) -> Iterator[DeviceForm]:
    """Each listed word with each of the language's endings."""
    for key, entries in language["devices"].items():
        for entry in entries:
            written = entry.split("/")
            for word in written:
                for ending in ("", *language.get("endings", ())):
                    yield DeviceForm(
                        key, word + ending, written[0], language.get("compounds", False)
                    )


_active: list[Vocabulary] = []


def _built_in() -> Vocabulary:
    return vocabulary_of(
        (form for language in languages() for form in forms_of(language)),
        *(
            [word for language in languages() for word in language.get(name, ())]
            for name in ("links", "numbering", "ordinals")
        ),
    )


def active_vocabulary() -> Vocabulary:
    """The vocabulary of this process."""
    if not _active:
        _active.append(_built_in())
    return _active[0]

"""The device words and tags that texts are read with: those of all languages, and a site's own."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from unicodedata import normalize

from ratchet_language.characters import RUN, folded

_RUN = re.compile(f"{RUN}+")
_HALF_WIDTH = tuple(map(chr, range(0xFF66, 0xFFA0)))
_NOTHING = "(?!)"
TAIL = 4
_LISTS = ("links", "numbering", "ordinals", "rated")


class DeviceForm(NamedTuple):
    """One form of a device word. `basic` is its dictionary form, `kind` names it in English.

    A `compounding` form may end a longer word ("Pumpe" in "Speisepumpe").
    """

    form: str
    basic: str
    kind: str
    compounding: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Device words by their folded forms, each with its kind ("cooling tower").

    `words` are forms of scripts that part words, `runs` forms of scripts that do not; `phrases`
    are the last words of forms of several words, with (the words before, kind). `compounds` are
    the forms that end a compound, with their dictionary form, and `tails` their last letters.
    `beginnings` are the words that may stand before a device's number.
    `links` join a device to what it is for ("bomba de agua"); `numbering` stands before a number
    ("Nr."). The devices in `rated` are named by their current ("breaker 100A").
    """

    words: Mapping[str, str]
    phrases: Mapping[str, Sequence[tuple[str, str]]]
    compounds: Mapping[str, str]
    tails: frozenset[str]
    beginnings: frozenset[str]
    runs: Mapping[str, str]
    run_ends: frozenset[str]
    longest_run: int
    run_device: re.Pattern[str]
    after_ordinal: re.Pattern[str]
    ordinal_starts: frozenset[str]
    links: frozenset[str]
    numbering: frozenset[str]
    rated: frozenset[str]
    tags: re.Pattern[str] | None


def vocabulary(
    forms: Iterable[DeviceForm],
    links: Iterable[str],
    numbering: Iterable[str],
    ordinals: Iterable[str],
    rated: Iterable[str],
    tags: Sequence[str],
) -> Vocabulary:
    """The vocabulary of these forms; of equal forms the last counts. `tags` are expressions."""
    words: dict[str, str] = {}
    phrases: dict[str, dict[str, str]] = {}
    compounds: dict[str, str] = {}
    runs: dict[str, str] = {}
    for one in forms:
        form = folded(one.form).replace("-", " ")
        before, _, last = form.rpartition(" ")
        if _RUN.fullmatch(form):
            runs[form] = one.kind
        elif before:
            phrases.setdefault(last, {})[before] = one.kind
        else:
            words[form] = one.kind
            if one.compounding and len(form) >= TAIL:
                compounds[form] = folded(one.basic)
    numbering = frozenset(map(folded, numbering))
    ordinals = [folded(form) for form in ordinals]
    marks = _any_of(ordinals)
    numbered = _any_of(form for form in runs if re.match(marks, form))
    device = _any_of(runs)
    return Vocabulary(
        words=words,
        phrases={last: tuple(some.items()) for last, some in phrases.items()},
        compounds=compounds,
        tails=frozenset(form[-TAIL:] for form in compounds),
        beginnings=frozenset((*words, *phrases, *(word.rstrip(".") for word in numbering))),
        runs=runs,
        run_ends=frozenset(_ends(runs)),
        longest_run=max(map(len, runs), default=0),
        run_device=re.compile(device),
        after_ordinal=re.compile(
            rf" ?(?:({numbered})|(?:{marks}) ?(?:(?![的の]){RUN}){{0,6}}?({device}))"
        ),
        ordinal_starts=frozenset(form[0] for form in ordinals),
        links=frozenset(map(folded, links)),
        numbering=numbering,
        rated=frozenset(rated),
        tags=re.compile(rf"(?<![^\W_])(?:{'|'.join(tags)})(?![^\W_])") if tags else None,
    )


def _ends(runs: Iterable[str]) -> Iterator[str]:
    """The last characters of these forms, composed, decomposed and in half width."""
    for form in runs:
        yield from (form[-1], normalize("NFD", form)[-1])
    yield from _HALF_WIDTH


def _any_of(forms: Iterable[str]) -> str:
    """An expression for the longest of these forms."""
    return "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or _NOTHING


@cache
def _languages() -> Sequence[Mapping[str, Any]]:
    folder = files("ratchet_language") / "data" / "equipment"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return [tomllib.loads((folder / name).read_text("utf-8")) for name in names]


def language_forms(language: Mapping[str, Any]) -> Iterator[DeviceForm]:
    """Each word of a language's file, alone and with each of its `endings`."""
    endings = ("", *language.get("endings", ()))
    compounding = language.get("compounds", False)
    for kind, entries in language["devices"].items():
        for entry in entries:
            basic, *others = entry.split("/")
            for word in (basic, *others):
                for ending in endings:
                    yield DeviceForm(word + ending, basic, kind, compounding)


def with_site(site: Iterable[DeviceForm] = (), tags: Sequence[str] = ()) -> Vocabulary:
    """The vocabulary of all languages and a site, whose words precede."""

    def listed(name: str) -> list[str]:
        return [word for language in _languages() for word in language.get(name, ())]

    forms = [form for language in _languages() for form in language_forms(language)]
    return vocabulary(
        [*forms, *site],
        listed("links"),
        listed("numbering"),
        listed("ordinals"),
        listed("rated"),
        tags,
    )


_active: list[Vocabulary] = []


def active_vocabulary() -> Vocabulary:
    """The vocabulary of this process: that of all languages until `use_vocabulary`."""
    if not _active:
        _active.append(with_site())
    return _active[0]


def use_vocabulary(chosen: Vocabulary) -> None:
    """Read every text of this process with `chosen`: once, at its start."""
    _active[:] = [chosen]

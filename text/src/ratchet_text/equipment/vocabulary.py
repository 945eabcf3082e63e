"""The device words and tags that texts are read with: those of all languages, and a site's own."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from ratchet_text.characters import RUN, folded
from ratchet_text.equipment.language_files import (
    DeviceForm,
    forms_of,
    language_files,
    listed,
)

TAIL = 4
"""The letters that are compared first at the end of a compound; its last part is as long."""
_RUN = re.compile(f"{RUN}+")
_NOTHING = "(?!)"
_HALF_WIDTH = frozenset(map(chr, range(0xFF66, 0xFFA0)))


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Device words by their folded forms, each with its kind in English ("cooling tower").

    `words` are forms of scripts that part words, `runs` forms of scripts that do not; `phrases`
    are the last words of forms of several words, with (the words before, kind). `plain` are the
    kinds of ASCII words that end no phrase, as usually capitalized. `compounds` are
    the forms that end a compound, with their dictionary form, and `tails` their last letters.
    `beginnings` are all words that may stand before a device's number.

    `ordinals` stand between a number and the device that it counts ("2号泵", "2 nolu pompa"), and
    `links` join a device to what it is for ("bomba de agua"). `numbering` stands before a number
    ("Nr."), `followers` after it, where they look like units ("pump 2 ka pressure"). The devices
    in `rated` are named by their current ("breaker 100A"). `tags` matches the site's tags.
    `quantity_leads` remembers the words after which a number was no id ("pressure is ").
    """

    words: Mapping[str, str]
    phrases: Mapping[str, Sequence[tuple[str, str]]]
    plain: Mapping[str, str]
    compounds: Mapping[str, str]
    tails: frozenset[str]
    beginnings: frozenset[str]
    runs: Mapping[str, str]
    run_ends: frozenset[str]
    run_lengths: Mapping[str, Sequence[int]]
    longest_run: int
    run_device: re.Pattern[str]
    ordinals: frozenset[str]
    ordinal_starts: frozenset[str]
    after_ordinal: re.Pattern[str]
    links: frozenset[str]
    numbering: frozenset[str]
    followers: frozenset[str]
    rated: frozenset[str]
    tags: re.Pattern[str] | None
    quantity_leads: set[str] = field(default_factory=set)


def vocabulary(site: Iterable[DeviceForm] = (), tags: Sequence[str] = ()) -> Vocabulary:
    """The vocabulary of all languages and a site, whose words precede.

    `tags` are regular expressions.
    """
    words: dict[str, str] = {}
    phrases: defaultdict[str, dict[str, str]] = defaultdict(dict)
    compounds: dict[str, str] = {}
    runs: dict[str, str] = {}
    run_ends = set(_HALF_WIDTH)
    for one in (*_language_forms(), *site):
        form = folded(one.form).replace("-", " ")
        before, _, last = form.rpartition(" ")
        if _RUN.fullmatch(form):
            runs[form] = one.kind
            # As written, folded or decomposed; kana also in half width.
            run_ends |= {some[-1] for some in (form, one.form, normalize("NFD", form))}
        elif before:
            phrases[last][before] = one.kind
        else:
            words[form] = one.kind
            if one.compounding and len(form) >= TAIL:
                compounds.setdefault(form, folded(one.basic))
    numbering = frozenset(map(folded, listed("numbering")))
    ordinals = [folded(form) for form in listed("ordinals")]
    device = _any_of(runs)
    return Vocabulary(
        words=words,
        phrases={last: tuple(some.items()) for last, some in phrases.items()},
        plain={
            written: kind
            for word, kind in words.items()
            if word not in phrases and word.isascii() and word.isalpha()
            for written in (word, word.capitalize(), word.upper())
        },
        compounds=compounds,
        tails=frozenset(form[-TAIL:] for form in compounds),
        beginnings=frozenset((*words, *phrases, *(word.rstrip(".") for word in numbering))),
        runs=runs,
        run_ends=frozenset(run_ends),
        run_lengths=_lengths(runs, run_ends),
        longest_run=max(map(len, runs)),
        run_device=re.compile(device),
        ordinals=frozenset(ordinals),
        ordinal_starts=frozenset(
            one[0] for form in ordinals for one in (form, normalize("NFD", form))
        ),
        after_ordinal=_after_ordinal(ordinals, runs, device),
        links=frozenset(map(folded, listed("links"))),
        numbering=numbering,
        followers=frozenset(listed("followers")),
        rated=frozenset(listed("rated")),
        tags=re.compile(rf"(?<![^\W_])(?:{'|'.join(tags)})(?![^\W_])") if tags else None,
    )


def _language_forms() -> Iterator[DeviceForm]:
    for language in language_files().values():
        yield from forms_of(language)


def _lengths(runs: Iterable[str], ends: Iterable[str]) -> Mapping[str, Sequence[int]]:
    """The lengths of the forms by their last characters, the longest first."""
    lengths: dict[str, set[int]] = {end: set() for end in ends}
    for form in runs:
        lengths[form[-1]].add(len(form))
    return {end: tuple(sorted(found, reverse=True)) for end, found in lengths.items()}


def _any_of(forms: Iterable[str]) -> str:
    """An expression for the longest of these forms."""
    return "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or _NOTHING


def _after_ordinal(ordinals: Sequence[str], runs: Iterable[str], device: str) -> re.Pattern[str]:
    """What may follow a number: an ordinal and a device, or a device that begins with one."""
    marks = _any_of(ordinals)
    numbered = _any_of(form for form in runs if form.startswith(tuple(ordinals)))
    return re.compile(rf" ?(?:({numbered})|(?:{marks}) ?(?:(?![的の]){RUN}){{0,6}}?({device}))")


_active: list[Vocabulary] = []


def active_vocabulary() -> Vocabulary:
    """The vocabulary of this process: that of all languages until `use_vocabulary`."""
    if not _active:
        _active.append(vocabulary())
    return _active[0]


def use_vocabulary(chosen: Vocabulary) -> None:
    """Read every text of this process with `chosen`: once, at its start."""
    _active[:] = [chosen]

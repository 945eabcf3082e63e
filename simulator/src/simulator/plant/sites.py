"""Sites: how they name their equipment, and the languages of readings and questions."""

import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

_NAMES: dict[str, Any] = tomllib.loads(
    files("simulator.plant").joinpath("names.toml").read_text("utf-8")
)
_INSTRUMENTS: dict[str, str] = _NAMES["instruments"]
_INSTRUMENT_SHARE = 0.25
_LOOPS = range(1001, 3000)


class DeviceName(NamedTuple):
    """A name as the readings write it, with its grammatical gender, if the language needs it."""

    text: str
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Naming:
    """One way to name equipment: a table of names, and the pattern that puts a number to one.

    Readings write their metrics in `language`; operators ask in one of `asked_in`. With
    `instruments` some devices are instruments of one metric each, such as TI-2043.
    """

    table: str
    language: str
    asked_in: tuple[str, ...]
    pattern: str
    numbers: range
    suffixes: tuple[str, ...] = ("",)
    instruments: bool = False

    def draw_names(self, rng: Random, kind: str, count: int, *, instruments: bool) -> "Names":
        """The names of `count` devices of a kind; without `instruments` none is an instrument."""
        word, *gender = rng.choice(_NAMES[self.table][kind])
        suffix = rng.choice(self.suffixes)
        whole = tuple(
            DeviceName(self.pattern.format(name=word, number=number, suffix=suffix), *gender)
            for number in rng.sample(self.numbers, count)
        )
        is_instrument = self.instruments and instruments and rng.random() < _INSTRUMENT_SHARE
        return Names(whole, tuple(rng.sample(_LOOPS, count)) if is_instrument else ())


@dataclass(frozen=True, slots=True)
class Names:
    """The names of some devices of one kind; `loops` are the numbers of their instruments."""

    whole: tuple[DeviceName, ...]
    loops: tuple[int, ...] = ()

    def of(self, device: int, metric: str) -> DeviceName:
        """The name under which a metric of a device is listed."""
        if self.loops and metric in _INSTRUMENTS:
            return DeviceName(f"{_INSTRUMENTS[metric]}-{self.loops[device]}")
        return self.whole[device]


@dataclass(frozen=True, slots=True)
class Site:
    """A plant by the ways in which its equipment is named, each as likely as another."""

    name: str
    namings: tuple[Naming, ...]


_ENGLISH = Naming("english", "en", ("en",), "{name} {number:03d}", range(1, 25))
_TAGS = Naming(
    *("tags", "en", ("en",), "{name}-{number}{suffix}", range(101, 400)),
    suffixes=("", "", "A", "B"),
    instruments=True,
)
_GERMAN = Naming("german", "de", ("de",), "{name} {number}", range(1, 25))
_SPANISH = Naming("spanish", "es", ("es",), "{name} {number}", range(1, 25))
_TAGS_IN_THREE = replace(_TAGS, asked_in=("en", "de", "es"))

NUMBERED = Site("numbered", (_ENGLISH,))
SITES = {
    site.name: site
    for site in (
        NUMBERED,
        Site("tags", (_TAGS,)),
        Site("german", (_GERMAN,)),
        Site("spanish", (_SPANISH,)),
        Site("mixed", (_ENGLISH, _TAGS_IN_THREE, _GERMAN, _SPANISH)),
    )
}
"""The sites by name: English with numbers, tags, German, Spanish, and one with all of them."""

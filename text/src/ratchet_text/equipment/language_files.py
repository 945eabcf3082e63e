"""The device words of the languages, from the files in `data/equipment`."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class DeviceForm(NamedTuple):
    """One form of a device word. `basic` is its dictionary form, `kind` names it in English.

    A `compounding` form may end a longer word ("Pumpe" in "Speisepumpe").
    """

    form: str
    basic: str
    kind: str
    compounding: bool = False


@cache
def language_files() -> Mapping[str, Mapping[str, Any]]:
    """The file of each language, by its code."""
    folder = files("ratchet_text") / "data" / "equipment"
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return {
        path.name.removesuffix(".toml"): tomllib.loads(path.read_text("utf-8")) for path in paths
    }


def forms_of(language: Mapping[str, Any]) -> Iterator[DeviceForm]:
    """Each word of a language's file in its `spellings`, alone and with each of its `endings`."""
    endings = ("", *language.get("endings", ()))
    spellings = str.maketrans(language.get("spellings", {}))
    compounding = language.get("compounds", False)
    for kind, entries in language["devices"].items():
        for entry in entries:
            basic, *others = entry.split("/")
            for word in (basic, *others):
                for form in dict.fromkeys((word, word.translate(spellings))):
                    for ending in endings:
                        yield DeviceForm(form + ending, basic, kind, compounding)


def listed(name: str) -> Sequence[str]:
    """The words of a list, such as `numbering`, in the files of all languages."""
    return [word for language in language_files().values() for word in language.get(name, ())]

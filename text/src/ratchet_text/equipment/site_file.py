"""A site's own device words, tags and assistant, from a TOML file."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ratchet_text.assistant import assistant_of, use_assistant
from ratchet_text.characters import PART, SPACELESS, folded
from ratchet_text.equipment.language_files import DeviceForm
from ratchet_text.equipment.vocabulary import use_vocabulary, vocabulary
from ratchet_text.units import is_unit

_MOST_BYTES = 1_000_000
_LONGEST = 60
_FIELDS = {
    "{letters}": "[A-Z]{1,8}+",
    "{letter}": "[A-Z]",
    "{letter?}": "[A-Z]?+",
    "{digits}": "[0-9]{1,8}+",
    "{digit}": "[0-9]",
}
_OPEN_ENDED = {
    "{letters}": re.compile(r"\{letter|[A-Z]"),
    "{letter?}": re.compile(r"\{letter|[A-Z]"),
    "{digits}": re.compile(r"\{digit|[0-9]"),
}
_PIECE = re.compile(r"\{[^{}]*\}|.", re.DOTALL)
_WORDS = re.compile(rf"(?:{PART}|{SPACELESS})+(?:[ -](?:{PART}|{SPACELESS})+)*")


def use_site_file(path: Path) -> None:
    """Read every text of this process with the words and tags of this file too.

    Prompts introduce the assistant as it says.

    Call it once, before the first text is read. Raises `ValueError` with file, key and remedy.
    """
    try:
        site = _parsed(path)
        unknown = sorted(site.keys() - {"assistant", "devices", "tags"})
        if unknown:
            raise ValueError(
                f"{unknown[0]}: is not a key of a site file; use assistant, devices or tags"
            )
        assistant = assistant_of(site.get("assistant", {}))
        forms = list(_forms(site.get("devices", {})))
        tags = list(_tags(site.get("tags", [])))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    use_vocabulary(vocabulary(forms, tags))
    use_assistant(assistant)


def _parsed(path: Path) -> dict[str, object]:
    try:
        content = path.read_bytes()
        if len(content) > _MOST_BYTES:
            raise ValueError(f"has more than {_MOST_BYTES:,} bytes; remove what is no device word")
        return tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror}); give the path of a file") from error
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8; save it in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is not TOML: {error}; correct this place") from error


def _forms(devices: object) -> Iterator[DeviceForm]:
    if not isinstance(devices, dict):
        raise ValueError("devices: must be a table; write [devices]")
    kinds: dict[str, str] = {}
    for kind, entries in devices.items():
        key = f"devices.{kind}"
        if not re.fullmatch("[a-z]+(?: [a-z]+)*", kind):
            raise ValueError(f'{key}: name the kind in lower-case English words, such as "pump"')
        if not isinstance(entries, list) or not all(isinstance(one, str) for one in entries):
            raise ValueError(f'{key}: must be a list of words, such as ["Pumpe/Pumpen"]')
        for entry in entries:
            basic, *others = (" ".join(word.split()) for word in entry.split("/"))
            for word in (basic, *others):
                form = folded(word)
                _check_word(key, word, form)
                if kinds.setdefault(form, kind) != kind:
                    raise ValueError(f"{key}: {word!r} is also in {kinds[form]}; keep one of them")
                yield DeviceForm(word, basic, kind)


def _check_word(key: str, word: str, form: str) -> None:
    if len(word) > _LONGEST or not _WORDS.fullmatch(form):
        raise ValueError(f"{key}: {word!r} is no word; write letters, spaces and hyphens only")
    if is_unit(word):
        raise ValueError(f"{key}: {word!r} is a unit of measure; use another word")


def _tags(notations: object) -> Iterator[str]:
    if not isinstance(notations, list) or not all(isinstance(one, str) for one in notations):
        raise ValueError(
            'tags: must be a list of notations, such as ["{letters}-{digits}{letter?}"]'
        )
    for notation in notations:
        try:
            yield _expression(notation)
        except ValueError as error:
            raise ValueError(f"tags: {notation!r} {error}") from error


def _expression(notation: str) -> str:
    """The regular expression of a notation; it has one way to match, so it is linear."""
    if not 0 < len(notation) <= _LONGEST:
        raise ValueError(f"has {len(notation)} characters; write 1 to {_LONGEST}")
    pieces = _PIECE.findall(notation)
    for piece, following in pairwise((*pieces, "")):
        if piece[0] in "{}" and piece not in _FIELDS:
            raise ValueError(f"has the unknown field {piece}; use {', '.join(_FIELDS)}")
        if piece in _OPEN_ENDED and _OPEN_ENDED[piece].match(following):
            raise ValueError(f"has {following} after {piece}, which takes it; remove one of them")
    if not any("digit" in piece or piece.isdecimal() for piece in pieces):
        raise ValueError("has no number; add {digits}")
    return "".join(_FIELDS.get(piece) or re.escape(piece) for piece in pieces)

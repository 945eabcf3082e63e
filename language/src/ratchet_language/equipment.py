"""Names of plant equipment: which words are equipment, which word-and-number pairs are ids."""

from collections.abc import Iterable

_WORDS = (
    "agitator ahu assembler autoclave battery belt blower boiler breaker burner cell centrifuge "
    "charger chiller compressor condenser conveyor cooler crane crusher cutter cylinder damper "
    "dryer ejector elevator engine evaporator exchanger extractor extruder fan feeder filler "
    "filter freezer furnace gearbox generator granulator handler heater hoist humidifier "
    "hvac inverter kiln labeler lathe machine meter mill mixer motor oven packer palletizer "
    "panel pasteurizer press pump reactor rectifier robot roller sealer sensor separator shaker "
    "silo switchgear tank tower transformer turbine ups vaporizer valve vessel vfd winder wrapper"
).split()


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "ch")):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("ry") else word + "s"


_SINGULAR = {form: word for word in _WORDS for form in (word, _plural(word))}
_EQUIPMENT = frozenset(_SINGULAR)
_TAG_LENGTH = 5


def equipment_words(words: Iterable[str]) -> frozenset[str]:
    """The equipment words among lower-case words, singular ("pumps" -> "pump")."""
    return frozenset([_SINGULAR[word] for word in _EQUIPMENT.intersection(words)])


def is_padded(digits: str) -> bool:
    """A zero-padded whole number ("001", "03"): never a quantity, always part of an id."""
    return len(digits) > 1 and digits[0] == "0" and digits.isdecimal()


def is_equipment_id(word: str, digits: str) -> bool:
    """Whether a word and the number right after it name one piece of equipment.

    True for any word before a zero-padded number ("line 004"), and for an equipment word
    or a short capital tag before a whole number ("pump 12", "TT-101").
    """
    if not word or not digits.isdecimal():
        return False
    if is_padded(digits) or word.lower() in _SINGULAR:
        return True
    return len(digits) > 1 and len(word) <= _TAG_LENGTH and word.isupper()

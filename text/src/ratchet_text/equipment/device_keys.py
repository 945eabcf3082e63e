"""The keys of the devices among single words."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from ratchet_text.characters import folded
from ratchet_text.equipment.devices import compound_of
from ratchet_text.equipment.vocabulary import Vocabulary, active_vocabulary

_NONE: frozenset[str] = frozenset()
_MOST_KEPT = 10_000
_LONGEST_KEPT = 64


def equipment_words(words: Iterable[str]) -> frozenset[str]:
    """The keys of the devices among words in lower case ("pumps", "speisepumpe" -> "pump")."""
    keys = _keys_of(active_vocabulary())
    others = keys.others
    devices = {word for word in words if word not in others}
    if len(devices) == 1:
        return keys[devices.pop()]
    return _NONE.union(*map(keys.__getitem__, devices)) if devices else _NONE


class _Keys(dict[str, frozenset[str]]):
    """The device keys of every word met so far: plants use few words, again and again."""

    def __init__(self, known: Vocabulary) -> None:
        super().__init__()
        self._known = known
        self.others: set[str] = set()
        """The words met so far that name no device."""

    def __missing__(self, word: str) -> frozenset[str]:
        if len(self) + len(self.others) >= _MOST_KEPT:
            self.clear()
            self.others.clear()
        kinds = _kinds_within(self._known, folded(word))
        keys = frozenset(kind.rpartition(" ")[2] for kind in kinds)
        if len(word) <= _LONGEST_KEPT and keys:
            self[word] = keys
        elif len(word) <= _LONGEST_KEPT:
            self.others.add(word)
        return keys


@lru_cache(maxsize=1)
def _keys_of(known: Vocabulary) -> _Keys:
    return _Keys(known)


def _kinds_within(known: Vocabulary, word: str) -> Iterator[str]:
    compound = compound_of(known, word, 0, len(word))
    if word in known.words:
        yield known.words[word]
    elif compound is not None:
        yield compound.kind
    elif not word.isascii():
        yield from (known.runs[match[0]] for match in known.run_device.finditer(word))

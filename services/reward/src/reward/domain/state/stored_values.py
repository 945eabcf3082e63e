"""The stored values of a batch: those that it reads, and those that it changes."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from ratchet.contract import REVISION_FLOOR_KEY, State, Value
from ratchet_text import spellings
from reward.domain.state.state_keys import answer_key

V = TypeVar("V", bound=Value)
K = TypeVar("K")


def changed(
    key_of: Callable[[K], str], before: Mapping[K, Value], after: Mapping[K, Value]
) -> dict[str, Value]:
    """The values of `after` that are new objects, by their key in Redis."""
    return {key_of(name): value for name, value in after.items() if before.get(name) is not value}


async def read_values(
    state: State, key_of: Callable[[K], str], names: Iterable[K], model: type[V]
) -> dict[K, V]:
    """The stored values of `names`; a name without one is left out."""
    keys = {name: key_of(name) for name in names}
    stored = await state.read(list(keys.values()))
    return {
        name: model.model_validate_json(value)
        for name, key in keys.items()
        if (value := stored[key]) is not None
    }


async def revision_floor(state: State) -> int:
    """The number that new revisions must exceed, 0 without one."""
    stored = await state.read([REVISION_FLOOR_KEY])
    return int(stored[REVISION_FLOOR_KEY] or 0)


async def stored_spellings(state: State, query_ids: Iterable[str]) -> dict[str, str]:
    """By query id, the spelling under which an earlier release stored its answer, if it did."""
    keys = {
        answer_key(spelling): (query_id, spelling)
        for query_id in query_ids
        for spelling in spellings(query_id)[1:]
    }
    stored = await state.read(list(keys)) if keys else {}
    return dict(names for key, names in keys.items() if stored[key] is not None)

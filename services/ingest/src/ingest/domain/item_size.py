"""The size of an item: how large it may be, and which part makes it too large."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from ingest.domain.items import UnreadableItem

_JSON: TypeAdapter[Any] = TypeAdapter(Any)
_DEEPEST = 8
_LONGEST_NAME = 100


def without_large(items: Sequence[Any], most: int) -> list[Any]:
    """`items`, with `UnreadableItem` for those whose JSON takes more than `most` bytes in UTF-8."""
    return [_unless_large(item, most) for item in items]


def too_large_part(item: Any, size: int, most: int) -> tuple[str, str]:
    """The dotted path of the part of `item` that takes most of its bytes, and what to do."""
    path, part = "", item
    for _ in range(_DEEPEST):
        found = _largest(part)
        if found is None:
            break
        name, part = found
        path = f"{path}.{name[:_LONGEST_NAME]}" if path else name[:_LONGEST_NAME]
    return path, (
        f"makes its item too large: this part takes {_size(part):,} bytes, the item {size:,} of "
        f"at most {most:,} (RATCHET_INGEST_MAX_ITEM_BYTES); shorten it"
    )


def _unless_large(item: Any, most: int) -> Any:
    if isinstance(item, UnreadableItem) or (size := _size(item)) <= most:
        return item
    return UnreadableItem(*too_large_part(item, size, most))


def _largest(value: Any) -> tuple[str, Any] | None:
    """The part that takes at least half of `value`, with its key or index; None without one."""
    if isinstance(value, dict):
        parts = [(str(name), part) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [(str(index), part) for index, part in enumerate(value)]
    else:
        return None
    largest = max(parts, key=lambda part: _size(part[1]), default=None)
    if largest is None or 2 * _size(largest[1]) < _size(value):
        return None
    return largest


def _size(value: Any) -> int:
    return len(_JSON.dump_json(value))

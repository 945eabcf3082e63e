"""A hash over rows that does not depend on their order."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_BYTES = 32


class ContentHash:
    """The sum of the rows' sha256 hashes, modulo 2^256; a duplicate row counts twice."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """`row` holds JSON values; a column that is None counts as absent."""
        present = {name: value for name, value in row.items() if value is not None}
        text = json.dumps([table, present], sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).digest()
        self._sum = (self._sum + int.from_bytes(digest)) % (1 << 8 * _BYTES)

    def hexdigest(self) -> str:
        return self._sum.to_bytes(_BYTES).hex()

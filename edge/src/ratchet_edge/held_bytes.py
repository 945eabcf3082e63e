"""How many bytes of Redis each client's events take, as far as they are still there."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

_GROWTH = 4
"""Bytes in Redis for each byte of an event: with its rewards, examples and marks (sizing.md)."""
_OF_STREAM, _OF_STATE = 1024, 1024
"""Bytes that even a short event takes in streams, and in the state of the services."""
_STATE = ""
"""Stands for that state among the streams of a client."""
_STATE_LASTS_S = 60 * 86_400.0
_BLOCK = 256 * 1024


def bytes_needed(size: int, events: int) -> int:
    """What `events` take whose JSON has `size` bytes."""
    return _GROWTH * size + (_OF_STREAM + _OF_STATE) * events


@dataclass
class _Block:
    """Neighboring events of a client in one stream; the last was added at `last_s`."""

    size: int
    last_s: float


@dataclass
class _Held:
    size: int = 0
    blocks: dict[str, deque[_Block]] = field(default_factory=dict)

    def add(self, stream: str, size: int, now_s: float) -> None:
        blocks = self.blocks.setdefault(stream, deque())
        if not blocks or blocks[-1].size > _BLOCK:
            blocks.append(_Block(0, now_s))
        blocks[-1].size += size
        blocks[-1].last_s = now_s
        self.size += size

    def drop(self, stream: str, until_s: float) -> None:
        blocks = self.blocks[stream]
        while blocks and blocks[0].last_s < until_s:
            self.size -= blocks.popleft().size


class HeldBytes:
    """Bytes by client. Times are those of the server, in seconds.

    A block of events counts until its stream begins after it, so the number of blocks is limited
    by the memory that they stand for.
    """

    def __init__(self) -> None:
        self._clients: dict[str, _Held] = {}

    def of(self, client: str) -> int:
        held = self._clients.get(client)
        return held.size if held else 0

    def add(self, client: str, stream: str, size: int, events: int, now_s: float) -> None:
        held = self._clients.setdefault(client, _Held())
        held.add(stream, _GROWTH * size + _OF_STREAM * events, now_s)
        held.add(_STATE, _OF_STATE * events, now_s)

    def drop(self, begins_s: Mapping[str, float], now_s: float) -> None:
        """Forget events from before the beginning of their stream, and state that has expired."""
        for client, held in list(self._clients.items()):
            for stream in held.blocks:
                expired_s = now_s - _STATE_LASTS_S
                held.drop(stream, expired_s if stream == _STATE else begins_s.get(stream, 0.0))
            if not held.size:
                del self._clients[client]

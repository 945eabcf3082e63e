"""Dead letters: messages that no retry can handle, and the limit on how many a consumer makes.

The limit is that of arroyo's `DlqLimit` (https://github.com/getsentry/arroyo): without one, a
faulty release moves the whole stream to the dead letters before an operator can act.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from ratchet.contract import Stream


@dataclass(frozen=True)
class DeadLetter:
    """`payload` is the message as received; `attempts` counts its deliveries to `group`."""

    stream: Stream
    group: str
    entry_id: str
    payload: bytes
    error: str
    attempts: int

    def fields(self) -> dict[str, bytes | str | int]:
        """The fields of its entry in the dead stream."""
        return {
            "group": self.group,
            "entry_id": self.entry_id,
            "payload": self.payload,
            "error": self.error,
            "attempts": self.attempts,
        }

    @classmethod
    def of_fields(cls, stream: Stream, fields: Mapping[bytes, bytes]) -> Self:
        """Read what `fields` wrote; a missing field is empty."""

        def text(name: bytes) -> str:
            return fields.get(name, b"").decode(errors="backslashreplace")

        attempts = text(b"attempts")
        return cls(
            stream=stream,
            group=text(b"group"),
            entry_id=text(b"entry_id"),
            payload=fields.get(b"payload", b""),
            error=text(b"error"),
            attempts=int(attempts) if attempts.isdecimal() else 0,
        )


@dataclass(frozen=True)
class DeadLetterLimit:
    """At most `max_consecutive` in a row, and at most `max_share` of the last `window` messages.

    The share applies once `window` messages were handled.
    """

    max_consecutive: int = 100
    max_share: float = 0.5
    window: int = 200


DEFAULT_LIMIT = DeadLetterLimit()


class ConsumerStopped(Exception):
    """The consumer exceeded its dead-letter limit; what it has not acknowledged stays pending."""


class DeadLetterBrake:
    """Compares the messages that one consumer handled with its limit."""

    def __init__(self, limit: DeadLetterLimit) -> None:
        self._limit = limit
        self._recent: deque[bool] = deque(maxlen=limit.window)
        self._consecutive = 0

    def violation(self, dead: Sequence[bool]) -> str | None:
        """The reason why `dead`, the next messages, exceed the limit; None if they do not."""
        if not any(dead):
            return None
        recent, consecutive = self._recent.copy(), self._consecutive
        for is_dead in dead:
            recent.append(is_dead)
            consecutive = consecutive + 1 if is_dead else 0
            if consecutive > self._limit.max_consecutive:
                return f"more than {self._limit.max_consecutive} consecutive messages"
            full = is_dead and len(recent) == self._limit.window
            if full and sum(recent) > self._limit.max_share * self._limit.window:
                share = f"{self._limit.max_share:.0%}"
                return f"more than {share} of the last {self._limit.window} messages"
        return None

    def record(self, dead: Sequence[bool]) -> None:
        """Adds messages whose outcomes were committed."""
        for is_dead in dead:
            self._recent.append(is_dead)
            self._consecutive = self._consecutive + 1 if is_dead else 0

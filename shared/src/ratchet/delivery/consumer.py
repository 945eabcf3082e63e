"""Declares which event types of a stream a service handles, and how."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ratchet.contract import Delivered, Event, Handle, Handlers, Outcome, State, Stream

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class RetryPolicy:
    """Attempt n+1 follows `min(cap_s, base_s * 2**(n-1))` seconds after attempt n started.

    After `max_attempts` the entry moves to the dead-letter stream. `base_s` is also the time
    after which another consumer takes over a dead consumer's work; a live one renews its claims.
    """

    max_attempts: int = 5
    base_s: float = 5.0
    cap_s: float = 300.0

    def wait_s(self, attempts: int) -> float:
        doublings = min(max(attempts, 1) - 1, 30)
        return float(min(self.cap_s, self.base_s * 2**doublings))


@dataclass(frozen=True)
class Consumer:
    """One group's handlers by event type; other types of the stream are acknowledged as done.

    A handler gets at most `batch` deliveries at once: consecutive ones whose types have the same
    handler, in stream order. A batch that takes longer than `stuck_after_s` makes the process not
    alive. The reader pauses for `rest_s` after each batch, so that frequent events arrive in
    larger batches. `marks_seen` is False if the handler itself recognizes a repeated event by its
    id: Redis then stores no marker of it.
    """

    stream: Stream
    group: str
    handlers: Handlers
    batch: int = 100
    retry: RetryPolicy = RetryPolicy()
    stuck_after_s: float = 300.0
    rest_s: float = 0.0
    marks_seen: bool = True

    def __post_init__(self) -> None:
        foreign = self.handlers.keys() - set(self.stream.events)
        if foreign:
            names = ", ".join(sorted(event.__name__ for event in foreign))
            raise ValueError(f"the stream {self.stream.name} does not carry {names}")


def one_by_one(handle: Callable[[E], Awaitable[Outcome]]) -> Handle:
    """A handler of batches that passes one event after the other to `handle`."""

    async def handle_batch(batch: Sequence[Delivered[E]], state: State) -> Sequence[Outcome]:
        return [await handle(each.event) for each in batch]

    return handle_batch

"""What a service declares about one stream it handles."""

from dataclasses import dataclass

from ratchet.contract import Handle, Stream


@dataclass(frozen=True)
class RetryPolicy:
    """Attempt n+1 comes `min(cap_s, base_s * 2**(n-1))` seconds after attempt n began.

    After `max_attempts` the entry goes to the dead stream. `base_s` is also how long a dead
    consumer's work waits before another takes it; a live one renews its hold in time.
    """

    max_attempts: int = 5
    base_s: float = 5.0
    cap_s: float = 300.0

    def wait_s(self, attempts: int) -> float:
        doublings = min(max(attempts, 1) - 1, 30)
        return float(min(self.cap_s, self.base_s * 2**doublings))


@dataclass(frozen=True)
class Consumer:
    """`handle` gets at most `batch` events; busy for over `stuck_after_s` counts as not alive.

    After a batch the reader rests for `rest_s`, so that what comes often comes in larger batches.
    `marks_seen` is False where the handler itself tells an event that comes again by its id:
    Redis then keeps no marker of it.
    """

    stream: Stream
    group: str
    handle: Handle
    batch: int = 100
    retry: RetryPolicy = RetryPolicy()
    stuck_after_s: float = 300.0
    rest_s: float = 0.0
    marks_seen: bool = True

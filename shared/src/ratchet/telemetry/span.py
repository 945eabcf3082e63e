"""The span of the work at hand: what leaves meanwhile carries its context."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from ratchet.contract import Event

E = TypeVar("E", bound=Event)
Trace = Mapping[str, str]
"""A W3C trace context as its headers: `traceparent`, perhaps `tracestate`; empty is none."""
Facts = Mapping[str, str | int | float | bool]


class Span(Protocol):
    """`trace` is what work that follows from this has as its parent."""

    @property
    def trace(self) -> Trace: ...

    def rename(self, name: str) -> None: ...

    def tell(self, facts: Facts) -> None:
        """Add to what is known of the work; a later fact replaces an earlier one."""

    def fail(self, reason: str) -> None: ...

    def end(self) -> None: ...


@dataclass(frozen=True)
class Unrecorded:
    """Nothing is kept of it; the context it has goes on."""

    trace: Trace = field(default_factory=dict)

    def rename(self, name: str) -> None: ...

    def tell(self, facts: Facts) -> None: ...

    def fail(self, reason: str) -> None: ...

    def end(self) -> None: ...


NO_SPAN = Unrecorded()
_at_hand: ContextVar[Span] = ContextVar("span", default=NO_SPAN)


def span_at_hand() -> Span:
    return _at_hand.get()


@contextmanager
def at_hand(span: Span) -> Iterator[None]:
    token = _at_hand.set(span)
    try:
        yield
    finally:
        _at_hand.reset(token)


def carrying(event: E) -> E:
    """`event` with the context of the work at hand, unless it has one or there is none.

    Neither its id nor what it says depends on that.
    """
    trace = _at_hand.get().trace
    if not trace or event.trace:
        return event
    return event.model_copy(update={"trace": dict(trace)})


def trace_id_at_hand() -> str | None:
    """32 hex characters."""
    _, _, rest = _at_hand.get().trace.get("traceparent", "").partition("-")
    return rest.partition("-")[0] or None

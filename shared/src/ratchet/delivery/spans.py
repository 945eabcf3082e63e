"""Creates a span for each event, from its decoding to the commit of its batch."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from redis.exceptions import WatchError

from ratchet.contract import Event
from ratchet.delivery.consumer import Consumer
from ratchet.delivery.entry import Entry
from ratchet.telemetry import context_of

OUTCOME = "ratchet.outcome"
_AGAIN = "again"


class Spans:
    """The open spans of a batch, with the event's trace context as the parent.

    Attributes have the names of OpenTelemetry's semantic conventions for messaging.
    """

    def __init__(self, tracer: Tracer, consumer: Consumer) -> None:
        self._tracer = tracer
        self._name = f"process {consumer.stream.key}"
        self._attributes = {
            "messaging.system": "redis",
            "messaging.operation.type": "process",
            "messaging.destination.name": consumer.stream.key,
            "messaging.consumer.group.name": consumer.group,
        }
        self._open: list[Span] = []

    def begin(self, entry: Entry, event: Event | None) -> Span:
        """Start the span of an entry, which has no event if its payload cannot be decoded."""
        attributes: dict[str, str | int] = {
            **self._attributes,
            "messaging.message.id": entry.entry_id,
            "ratchet.attempt": entry.attempt,
        }
        if event is not None:
            attributes["ratchet.event_id"] = event.event_id
            attributes["ratchet.event"] = type(event).__name__
        parent = context_of(event.trace if event else {})
        span = self._tracer.start_span(self._name, parent, SpanKind.CONSUMER, attributes)
        self._open.append(span)
        return span

    @contextmanager
    def of_a_batch(self) -> Iterator[None]:
        """Ends the spans begun inside; after an error their events are repeated.

        A conflict with another consumer is not a failure of the span.
        """
        try:
            yield
        except BaseException as error:
            for span in self._open:
                span.set_attribute(OUTCOME, _AGAIN)
                if not isinstance(error, WatchError):
                    span.set_status(StatusCode.ERROR, f"{type(error).__name__}: {error}")
            raise
        finally:
            for span in self._open:
                span.end()
            self._open.clear()

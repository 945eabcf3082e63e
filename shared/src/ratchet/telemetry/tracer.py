"""Who makes spans: nobody, unless the settings name a place to send them to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol

from ratchet.settings import CommonSettings
from ratchet.telemetry.span import NO_SPAN, Facts, Span, Trace, Unrecorded, at_hand

Kind = Literal["server", "consumer", "internal"]


class TracingUnavailable(RuntimeError):
    """Spans are wanted, and the library that sends them is not there."""


class Tracer(Protocol):
    def begin(
        self, name: str, kind: Kind, parent: Trace, facts: Facts, links: Sequence[Trace] = ()
    ) -> Span:
        """A span that `end` must end; without a parent it is the first of a trace.

        `links` are the contexts of what else led to it, where that is many things.
        """

    def close(self) -> None:
        """Send what has ended, within seconds, and nothing more."""


class Untraced:
    """Passes on what it is given, and makes nothing."""

    def begin(
        self, name: str, kind: Kind, parent: Trace, facts: Facts, links: Sequence[Trace] = ()
    ) -> Span:
        return Unrecorded(parent) if parent else NO_SPAN

    def close(self) -> None: ...


def create_tracer(service: str, settings: CommonSettings) -> Tracer:
    """Raises `TracingUnavailable`."""
    if not settings.otlp_endpoint:
        return Untraced()
    try:
        from ratchet.telemetry.otlp import OtlpTracer
    except ImportError as error:
        raise TracingUnavailable(
            f"RATCHET_OTLP_ENDPOINT is {settings.otlp_endpoint}, and {error.name} is not "
            "installed: pip install 'ratchet-shared[tracing]', or unset it"
        ) from error
    return OtlpTracer(service, settings.consumer_name, settings.otlp_endpoint)


@contextmanager
def spanning(
    tracer: Tracer,
    name: str,
    kind: Kind,
    parent: Trace,
    facts: Facts,
    links: Sequence[Trace] = (),
) -> Iterator[Span]:
    """A span from here to there, at hand meanwhile; what is raised inside makes it fail."""
    span = tracer.begin(name, kind, parent, facts, links)
    try:
        with at_hand(span):
            yield span
    except BaseException as error:
        span.fail(f"{type(error).__name__}: {error}")
        raise
    finally:
        span.end()

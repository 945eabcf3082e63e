"""Creates the tracer of a service: without effect unless the settings name a collector."""

from collections.abc import Callable
from dataclasses import dataclass, field

from opentelemetry.trace import NoOpTracer, Tracer

from ratchet.settings import CommonSettings
from ratchet_text import masked


class TracingUnavailable(RuntimeError):
    """The settings name a collector, but the library that sends spans is not installed."""


@dataclass(frozen=True)
class Tracing:
    """A tracer, and `close`, which sends its last spans within seconds.

    The default tracer creates no spans and passes trace contexts on.
    """

    tracer: Tracer = field(default_factory=NoOpTracer)
    close: Callable[[], None] = lambda: None


def create_tracing(service: str, settings: CommonSettings) -> Tracing:
    """Raises `TracingUnavailable`."""
    if not settings.otlp_endpoint:
        return Tracing()
    try:
        from ratchet.telemetry.otlp import OtlpTracerProvider
    except ImportError as error:
        raise TracingUnavailable(
            f"RATCHET_OTLP_ENDPOINT is {masked(settings.otlp_endpoint)}, but {error.name} is not "
            "installed. Run pip install 'ratchet-shared[tracing]', or unset the variable."
        ) from error
    provider = OtlpTracerProvider(
        service, settings.consumer_name, settings.otlp_endpoint, settings.secrets
    )
    return Tracing(provider.get_tracer("ratchet"), provider.shutdown)

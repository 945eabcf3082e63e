"""Metrics of the active version and of the server that serves it."""

from prometheus_client import CollectorRegistry, Gauge, Info


class ServingMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.active = Info(
            "ratchet_model_active",
            "The version that the alias of the model points to.",
            registry=registry,
        )
        self.active_bytes = Gauge(
            "ratchet_model_active_bytes",
            "Size of the file of the active version, 0 without one.",
            registry=registry,
        )
        self.versions = Gauge(
            "ratchet_model_versions",
            "Registered versions, the active one included.",
            registry=registry,
        )
        self.server_up = Gauge(
            "ratchet_model_server_up",
            "1 while the configured server responds; absent without one.",
            ("server",),
            registry=registry,
        )

    def record_active(self, name: str, version: str, size: int | None) -> None:
        self.active.info({"name": name, "version": version})
        self.active_bytes.set(size or 0)

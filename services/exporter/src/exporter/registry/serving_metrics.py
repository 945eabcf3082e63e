"""Which version serves, and whether its server answers."""

from prometheus_client import CollectorRegistry, Gauge, Info


class ServedMetrics:
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
            "1 while the server that is set answers; absent where none is set.",
            ("server",),
            registry=registry,
        )

    def serves(self, name: str, version: str, size: int | None) -> None:
        self.active.info({"name": name, "version": version})
        self.active_bytes.set(size or 0)

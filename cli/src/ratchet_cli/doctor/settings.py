"""The settings of the services that the checks depend on."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field

from ratchet.settings import CommonSettings


class CheckedSettings(CommonSettings):
    """Fields of the trainer's and the exporter's settings, with the same names and defaults."""

    trainer_base_model: str = "unsloth/Meta-Llama-3.1-8B-Instruct"
    trainer_device: Literal["auto", "cpu", "cuda"] = "auto"
    trainer_quantization: Literal["none", "nf4"] = "none"
    trainer_min_free_disk_gib: float = Field(default=1.0, ge=0)
    exporter_ollama_url: str = "http://127.0.0.1:11434"

    @classmethod
    def of(cls, services: Mapping[str, Mapping[str, Any]]) -> Self:
        """From the environment; the settings in the `/status` of running services win."""
        reported: dict[str, Any] = {}
        for name in ("trainer", "exporter"):
            settings = services.get(name, {}).get("settings", {})
            reported |= {
                field: value
                for field, value in settings.items()
                if field.startswith(f"{name}_") and field in cls.model_fields
            }
        cache = services.get("trainer", {}).get("settings", {}).get("cache_dir")
        return cls(**(reported | ({"cache_dir": cache} if cache else {})))

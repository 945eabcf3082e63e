"""The settings that the doctor holds the machine against."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field

from ratchet.settings import CommonSettings


class Wanted(CommonSettings):
    """Fields of the trainer's and the exporter's settings, with the same names and defaults."""

    trainer_base_model: str = "unsloth/Meta-Llama-3.1-8B-Instruct"
    trainer_device: Literal["auto", "cpu", "cuda"] = "auto"
    trainer_quantization: Literal["none", "nf4"] = "none"
    trainer_min_free_disk_gib: float = Field(default=1.0, ge=0)
    exporter_ollama_url: str = "http://127.0.0.1:11434"

    @classmethod
    def of(cls, services: Mapping[str, Mapping[str, Any]]) -> Self:
        """From the environment, except for what running services say that they were given."""
        told: dict[str, Any] = {}
        for name in ("trainer", "exporter"):
            settings = services.get(name, {}).get("settings", {})
            told |= {
                field: value
                for field, value in settings.items()
                if field.startswith(f"{name}_") and field in cls.model_fields
            }
        cache = services.get("trainer", {}).get("settings", {}).get("cache_dir")
        return cls(**(told | ({"cache_dir": cache} if cache else {})))

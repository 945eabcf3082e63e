"""Settings of the exporter: the format, the registry and how models are served."""

from pathlib import Path

from pydantic import Field

from exporter.domain.parity.quantization import (
    LIMITS,
    ParityLimits,
    Quantization,
    QuantizationChoice,
)
from exporter.domain.registry.modelfile import Sampling
from ratchet.setting_types import HttpAddress
from ratchet.settings import CommonSettings


class ExporterSettings(CommonSettings):
    """With an empty `exporter_ollama_url` there is only the local registry.

    `exporter_llama_server_url` is the llama-server that serves its directory, every version under
    its tag; empty: none does. `exporter_server_url` is an OpenAI-compatible server that serves its
    `latest/model.gguf` as `exporter_model_name`; it reloads after a POST of `{"model": name}` to
    `exporter_server_reload_url`; empty: by itself, or an operator restarts it.

    `exporter_keep_versions` counts inactive versions. `exporter_parity_limits` is a JSON object and
    replaces the limits of the formats that it names. Bundles are signed with the key in the PEM
    file `exporter_signing_key`; without one, a key in the data directory is created.
    `exporter_trusted_keys` is the directory of the keys whose bundles may be installed.
    """

    port: int = Field(default=8103, ge=1, le=65535)
    exporter_model_name: str = Field(
        default="cc-widget-selector", pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$"
    )
    exporter_quantization: QuantizationChoice = "auto"
    exporter_ollama_url: HttpAddress = "http://127.0.0.1:11434"
    exporter_llama_server_url: HttpAddress = ""
    exporter_server_url: HttpAddress = ""
    exporter_server_reload_url: HttpAddress = ""
    exporter_keep_versions: int = Field(default=2, ge=0)
    exporter_parity_limits: dict[Quantization, ParityLimits] = Field(default_factory=dict)
    exporter_temperature: float = Field(default=0.0, ge=0)
    exporter_repeat_penalty: float = Field(default=1.0, gt=0)
    exporter_num_ctx: int = Field(default=4096, ge=256)
    exporter_num_predict: int = Field(default=512, ge=1)
    exporter_stuck_after_s: float = Field(default=7200.0, gt=0)
    exporter_signing_key: Path | None = None
    exporter_trusted_keys: Path | None = None

    @property
    def limits(self) -> dict[Quantization, ParityLimits]:
        return {**LIMITS, **self.exporter_parity_limits}

    @property
    def sampling(self) -> Sampling:
        return Sampling(
            **{name: getattr(self, f"exporter_{name}") for name in Sampling.model_fields}
        )

    @property
    def activation_journal(self) -> Path:
        return self.data_dir / "registry" / self.exporter_model_name / "activations.json"

    @property
    def refused_commands(self) -> Path:
        return self.activation_journal.with_name("refused_commands.json")

    @property
    def signing_key_path(self) -> Path:
        return self.exporter_signing_key or self.data_dir / "keys" / "bundle.pem"

    @property
    def trusted_keys_path(self) -> Path:
        return self.exporter_trusted_keys or self.data_dir / "keys" / "trusted"

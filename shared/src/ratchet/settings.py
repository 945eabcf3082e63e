"""Settings that all services share; each service adds its own."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    RedisDsn,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ratchet.setting_types import HostNames, HttpAddress, accepted_by_redis
from ratchet_text import Secrets, masked, use_site_file

SECRETS_VARIABLE = "RATCHET_SECRETS_DIR"
ALLOWED_HOSTS = "RATCHET_ALLOWED_HOSTS"


class CommonSettings(BaseSettings):
    """Read from the environment as `RATCHET_<FIELD>`.

    A variable that is not set is read from the file of its name in lower case
    (`ratchet_redis_url`) in the directory `RATCHET_SECRETS_DIR`, as orchestrators mount secrets.

    `allowed_hosts` are names, separated by commas, by which requests may call the service besides
    those of loopback (docs/http.md).

    A consumer stops when more than `dead_letters_max_consecutive` messages in a row would become
    dead letters, or more than `dead_letters_max_share` of the last 200.

    A batch of events ends with the one that fills `batch_bytes`.
    `site_file` has the site's own device words and tags (docs/site-file.md).
    `embedding` is `hashing` or `sentence-transformers:` with a model's id or directory.
    `otlp_endpoint` is the OpenTelemetry collector that spans are sent to, without a path, such as
    `http://collector:4318`; empty makes none. `OTEL_EXPORTER_OTLP_ENDPOINT` sets it too.
    """

    model_config = SettingsConfigDict(
        env_prefix="RATCHET_",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    redis_url: Annotated[RedisDsn, AfterValidator(accepted_by_redis)] = RedisDsn(
        "redis://127.0.0.1:6379/0"
    )
    data_dir: Path = Path("var/ratchet")
    cache_dir: Path = Path("~/.cache/ratchet")
    host: str = "127.0.0.1"
    port: int = Field(default=8100, ge=1, le=65535)
    allowed_hosts: HostNames = ()
    consumer_name: str = "1"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(str.lower)
    ] = "info"
    site_file: Annotated[Path | None, BeforeValidator(lambda path: path or None)] = None
    embedding: str = "hashing"
    otlp_endpoint: HttpAddress = Field(
        default="",
        validation_alias=AliasChoices("RATCHET_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    )
    retry_base_s: float = Field(default=5.0, gt=0)
    retry_max_attempts: int = Field(default=5, ge=1)
    batch_bytes: int = Field(default=8 << 20, ge=1 << 16)
    dead_letters_max_consecutive: int = Field(default=100, ge=1)
    dead_letters_max_share: float = Field(default=0.5, gt=0, le=1)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Raises `ValueError` if the directory of secrets does not exist."""
        directory = os.environ.get(SECRETS_VARIABLE)
        if not directory:
            return init_settings, env_settings
        if not Path(directory).is_dir():
            raise ValueError(
                f"{SECRETS_VARIABLE}: {directory} is not a directory; mount the secrets there, or "
                "unset it"
            )
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, directory)

    @property
    def artifacts_dir(self) -> Path:
        return self.data_dir / "artifacts"

    @property
    def cache_path(self) -> Path:
        return self.cache_dir.expanduser()

    @property
    def secrets(self) -> Secrets:
        """The secrets in the fields and in the environment."""
        values = [getattr(self, name) for name in type(self).model_fields]
        keys = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
        found = Secrets.of([str(value) for value in values], os.environ).values
        return Secrets(frozenset(found | keys))

    def masked(self) -> dict[str, object]:
        """The settings as JSON values, with the secrets in addresses and secret fields masked."""
        return {name: _mask(value) for name, value in self.model_dump(mode="json").items()}

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return list(self.masked().items())


T = TypeVar("T", bound=CommonSettings)


def read_settings(kind: type[T], **values: object) -> T:
    """Settings from the environment; `values`, by field, take precedence.

    From then on this process reads texts with the words of the site file. Ends the process with
    status 2 and a line on stderr for each invalid variable.
    """
    try:
        settings = kind(**values)  # type: ignore[arg-type]
        if settings.site_file is not None:
            _use_site_file(settings.site_file)
        return settings
    except ValidationError as error:
        problems = [f"{_variable(one['loc'])}{one['msg']}" for one in error.errors()]
        message = "\n".join((*problems, ".env.example has every variable"))
    except (SettingsError, ValueError) as error:
        message = f"{error}: {error.__cause__}" if error.__cause__ else str(error)
    sys.stderr.write(f"{message}\n")
    sys.exit(2)


def _use_site_file(path: Path) -> None:
    try:
        use_site_file(path)
    except ValueError as error:
        raise ValueError(f"RATCHET_SITE_FILE: {error}") from None


def _variable(location: tuple[int | str, ...]) -> str:
    """The variable, and the path to a value inside its JSON."""
    if not location:
        return ""
    field, *inside = (str(part) for part in location)
    name = field if field.isupper() else f"RATCHET_{field.upper()}"
    return f"{'.'.join((name, *inside))}: "


def _mask(value: object) -> object:
    return masked(value) if isinstance(value, str) else value

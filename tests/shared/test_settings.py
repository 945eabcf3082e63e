"""Settings: one typed place, named errors, no secret in what is shown."""

from pathlib import Path

import pytest
import typer
from pydantic import BaseModel, ValidationError

from ratchet.command_line import redis_client
from ratchet.settings import CommonSettings, read_settings
from ratchet_text import active_vocabulary, equipment_ids, use_vocabulary


def test_the_environment_sets_a_field(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_PORT", "9001")
    assert CommonSettings().port == 9001


def test_an_invalid_value_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_RETRY_BASE_S", "soon")
    with pytest.raises(ValidationError, match="retry_base_s"):
        CommonSettings()


def test_passwords_in_urls_are_masked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_REDIS_URL", "redis://ops:hunter2@redis.plant:6379/0")
    shown = CommonSettings().masked()
    assert "hunter2" not in str(shown)
    assert shown["redis_url"] == "redis://ops:***@redis.plant:6379/0"


def test_a_secret_may_be_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "ratchet_redis_url").write_text("redis://:hunter2@redis.plant:6379/0\n")
    monkeypatch.setenv("RATCHET_SECRETS_DIR", str(tmp_path))
    assert str(CommonSettings().redis_url) == "redis://:hunter2@redis.plant:6379/0"


def test_the_environment_takes_precedence_over_a_secret_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "ratchet_redis_url").write_text("redis://redis.plant:6379/0")
    monkeypatch.setenv("RATCHET_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("RATCHET_REDIS_URL", "redis://127.0.0.1:7000/1")
    assert str(CommonSettings().redis_url) == "redis://127.0.0.1:7000/1"


def test_a_missing_directory_of_secrets_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("RATCHET_SECRETS_DIR", str(tmp_path / "missing"))
    with pytest.raises(ValueError, match=r"RATCHET_SECRETS_DIR: .*missing is not a directory"):
        CommonSettings()


class Inner(BaseModel):
    share: float = 0.5


class ServiceSettings(CommonSettings):
    service_inner: Inner = Inner()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("RATCHET_PORT", "99999", "RATCHET_PORT: Input should be less than or equal to 65535"),
        ("RATCHET_LOG_LEVEL", "loud", "RATCHET_LOG_LEVEL: Input should be 'debug', 'info'"),
        (
            "RATCHET_OTLP_ENDPOINT",
            "here",
            "RATCHET_OTLP_ENDPOINT: Value error, 'here' is not an address",
        ),
        ("RATCHET_SERVICE_INNER", '{"share": "x"}', "RATCHET_SERVICE_INNER.share: Input should be"),
        ("RATCHET_SERVICE_INNER", "{", "service_inner"),
        ("RATCHET_SITE_FILE", "/nowhere.toml", "RATCHET_SITE_FILE: /nowhere.toml: cannot be read"),
        ("RATCHET_SECRETS_DIR", "/nowhere", "RATCHET_SECRETS_DIR: /nowhere is not a directory"),
    ],
)
def test_an_invalid_value_ends_the_start_with_its_name_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    said: str,
):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as ended:
        read_settings(ServiceSettings)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_texts_are_read_with_the_words_of_the_site_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "site.toml").write_text('[devices]\npump = ["Heber"]')
    monkeypatch.setenv("RATCHET_SITE_FILE", str(tmp_path / "site.toml"))
    before = active_vocabulary()
    try:
        read_settings(ServiceSettings)
        assert [one.name for one in equipment_ids("Heber 3")] == ["pump 3"]
    finally:
        use_vocabulary(before)


def test_an_empty_name_of_a_site_file_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_SITE_FILE", "")
    assert read_settings(ServiceSettings).site_file is None


@pytest.mark.parametrize(
    "query", ["PassWord=hunter2", "secret=hunter2", "socket_timeout=hunter2", "retry=hunter2"]
)
def test_a_parameter_that_redis_does_not_know_ends_the_start_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], query: str
):
    monkeypatch.setenv("RATCHET_REDIS_URL", f"redis://redis.plant/0?{query}")
    with pytest.raises(SystemExit):
        read_settings(ServiceSettings)
    said = capsys.readouterr().err
    assert "RATCHET_REDIS_URL: Value error, has a parameter that is unknown" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "url", ["redis://h/0?password=x&socket_timeout=5", "rediss://u:p@h:1/2?ssl_cert_reqs=none"]
)
def test_a_parameter_of_redis_is_accepted(monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("RATCHET_REDIS_URL", url)
    assert "?" in str(read_settings(ServiceSettings).redis_url)


def test_a_command_refuses_a_parameter_that_redis_does_not_know():
    with pytest.raises(typer.BadParameter, match="--redis-url") as refused:
        redis_client("redis://redis.plant/0?PassWord=hunter2")
    assert "hunter2" not in str(refused.value)

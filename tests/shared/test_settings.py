"""Settings: one typed place, named errors, no secret in what is shown."""

import pytest
from pydantic import ValidationError

from ratchet.settings import CommonSettings


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_PORT", "9001")
    assert CommonSettings().port == 9001


def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_RETRY_BASE_S", "soon")
    with pytest.raises(ValidationError, match="retry_base_s"):
        CommonSettings()


def test_passwords_in_urls_are_blotted_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_REDIS_URL", "redis://ops:hunter2@redis.plant:6379/0")
    shown = CommonSettings().masked()
    assert "hunter2" not in str(shown)
    assert shown["redis_url"] == "redis://ops:***@redis.plant:6379/0"

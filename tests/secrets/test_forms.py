"""No form of an address shows its secret: masked, hidden in a text, logged or sent in a span."""

import io
import json
import logging
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonjsonlogger.json import JsonFormatter

from ratchet.telemetry import ending, hide_secrets
from ratchet.telemetry.otlp import OtlpTracerProvider
from ratchet_testing.collector import Collector, collecting
from ratchet_text import Secrets, masked

from .forms import ALL, Form

each_form = pytest.mark.parametrize("form", ALL, ids=lambda form: form.url)


def test_there_are_at_least_forty_forms():
    assert len({form.url for form in ALL}) >= 40


@each_form
def test_a_masked_address_has_its_host_and_no_secret(form: Form):
    shown = masked(form.url)
    assert form.found_in(shown) == []
    assert form.host in shown
    assert masked(shown) == shown


@each_form
def test_a_secret_is_hidden_in_any_text_and_spelling(form: Form):
    secrets = Secrets.of([form.url], {})
    for secret in form.secrets:
        for spelled in (
            secret,
            quote(secret),
            quote_plus(secret),
            repr(secret),
            json.dumps(secret),
        ):
            text = f"cannot connect with '{spelled}' to {form.url} or {unquote(form.url)}"
            assert form.found_in(secrets.hide(text)) == []
    assert secrets.hide("h.plant refuses the connection") == "h.plant refuses the connection"


@each_form
@pytest.mark.parametrize("formatter", [JsonFormatter(), logging.Formatter()], ids=["JSON", "text"])
def test_a_log_line_has_no_secret(form: Form, formatter: logging.Formatter):
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(hide_secrets(Secrets.of([form.url], {})))
    handler.setFormatter(formatter)
    log = logging.Logger("test")
    log.addHandler(handler)
    log.warning("cannot connect to %s", form.url, extra={"settings": {"url": [form.url]}})
    try:
        raise ConnectionError(form.url)
    except ConnectionError:
        log.exception("with %r", form.secrets[0])
    log.warning("too few arguments: %s %s", form.url)  # noqa: PLE1206
    lines = written.getvalue()
    assert "cannot connect" in lines
    assert "Traceback" in lines
    assert "too few arguments" in lines
    assert form.found_in(lines) == []
    assert form.found_in(lines.encode().decode("unicode_escape", "replace")) == []


@pytest.fixture(scope="module")
def collector():
    with collecting() as result:
        yield result


@each_form
def test_a_span_has_no_secret(form: Form, collector: Collector):
    collector.spans.clear()
    provider = OtlpTracerProvider("test", "1", collector.url, Secrets.of([form.url], {}))
    span = provider.get_tracer("test").start_span("connect", attributes={"url": form.url})
    with pytest.raises(ConnectionError), ending(span):
        raise ConnectionError(f"cannot connect to {form.url}")
    provider.shutdown()
    [sent] = collector.spans
    assert "cannot connect to" in str(sent.error)
    assert form.found_in(f"{sent.error} {sent.facts}") == []


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=6, max_size=30))
def test_any_secret_is_hidden_percent_encoded_escaped_and_as_it_is(secret: str):
    hide = Secrets(frozenset({secret})).hide
    for spelled in (secret, quote(secret), quote(secret, safe=""), repr(secret)[1:-1]):
        assert hide(f"with {spelled}.") == "with ***."
        assert hide({"a": [json.dumps(spelled)]}) == {"a": ['"***"']}


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=12, max_size=30))
def test_any_encoded_password_is_masked(secret: str):
    shown = masked(f"redis://ops:{quote(secret, safe='')}@h.plant:6379/0")
    assert shown == "redis://ops:***@h.plant:6379/0"


@given(st.text(max_size=60))
def test_masking_never_fails(text: str):
    for value in (text, f"redis://{text}", f"redis://ops:{text}@h", f"h/?password={text}"):
        Secrets.of([value], {}).hide(masked(value))


def test_ordinary_settings_are_shown_as_they_are():
    for value in (
        "redis://127.0.0.1:6379/0",
        "sqlite:////data/ledger.db",
        "s3://bucket/plant/a",
        "sentence-transformers:BAAI/bge-base-en-v1.5",
        "/data/shift@night/ratchet",
        "postgresql+psycopg://ratchet@h/ledger?sslmode=require",
        "06:00-22:00",
        "",
    ):
        assert masked(value) == value
        assert Secrets.of([value], {}).values == frozenset()


def test_secret_variables_of_the_environment_are_hidden():
    headers = "authorization=Bearer%20tok-123456,x-api-key=key-abcdef"
    secrets = Secrets.of([], {"OTEL_EXPORTER_OTLP_HEADERS": headers, "HOME": "/home/ops"})
    assert "tok-123456" not in secrets.hide("401 for Bearer tok-123456")
    assert "key-abcdef" not in secrets.hide("headers: {'x-api-key': 'key-abcdef'}")
    assert secrets.hide("Bearer at /home/ops") == "Bearer at /home/ops"
    proxy = Secrets.of([], {"HTTPS_PROXY": "http://ops:hunter2@proxy"})
    assert proxy.hide("hunter2") == "***"

"""The site's expressions replace what is not recorded."""

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.redaction import InvalidRedaction, read_rules
from gateway.settings import GatewaySettings

MAIL = {"mail": {"pattern": r"[\w.]+@[\w.]+"}}


def test_texts_are_redacted_wherever_they_are():
    redaction = read_rules({**MAIL, "pin": {"pattern": r"pin (\d)\d+", "replacement": r"pin \1…"}})
    value = {"a@b.c": ["write to ann@plant.org", {"x": ("pin 1234", 7, None)}]}
    assert redaction.of(value) == {"a@b.c": ["write to [mail]", {"x": ["pin 1…", 7, None]}]}


def test_halves_of_characters_are_replaced():
    assert read_rules({}).of({"\ud800": "a\udfff"}) == {"?": "a?"}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"pattern": "("}, "not a regular expression"),
        ({"pattern": "a", "replacement": r"\2"}, "not a regular expression"),
        ({"pattern": "a*"}, "matches an empty text"),
        ({"pattern": "(a+)+b"}, "takes too long"),
        ({"patern": "a"}, "write pattern"),
        ({"pattern": "a", "flags": "i"}, "remove flags"),
        ("a", "write pattern"),
    ],
)
def test_an_expression_that_cannot_be_used_is_refused_with_its_name(table: Any, problem: str):
    with pytest.raises(InvalidRedaction, match=rf"badge: {re.escape(problem)}"):
        read_rules({**MAIL, "badge": table})


def test_a_wrong_file_stops_the_start(tmp_path: Path):
    path = tmp_path / "redaction.toml"
    path.write_text('[badge]\npattern = "("\n')
    with pytest.raises(ValueError, match=r"RATCHET_GATEWAY_REDACTION_FILE: .*badge: not a regular"):
        GatewaySettings(gateway_redaction_file=path)
    path.write_text("[mail]\npattern = '[a-z.]+@[a-z.]+'\n")
    assert GatewaySettings(gateway_redaction_file=path).redaction.text("to a@b") == "to [mail]"

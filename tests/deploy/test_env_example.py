"""`.env.example` names every setting of every service, with the default it really has."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from exporter.settings import ExporterSettings
from ingest.settings import IngestSettings
from ledger.settings import LedgerSettings
from ratchet.settings import CommonSettings
from reward.settings import RewardSettings
from trainer.settings import TrainerSettings

SERVICES = (IngestSettings, LedgerSettings, RewardSettings, TrainerSettings, ExporterSettings)
FILE = Path(__file__).parents[2] / ".env.example"
# A service's own by default, and only compose and Kubernetes set it.
ELSEWHERE = {"RATCHET_SECRETS_DIR", "RATCHET_URL", "RATCHET_EXPORTER_URL", "RATCHET_API_KEY"}


def told() -> dict[str, str]:
    found = re.findall(r"^#([A-Z_]+)=(.*)$", FILE.read_text(), re.MULTILINE)
    assert len(found) == len(dict(found)), "a variable is named twice"
    return dict(found)


def settings() -> dict[str, Any]:
    """The default of each variable; ports are each service's own and told with ingest's."""
    found: dict[str, Any] = {}
    for service in (*reversed(SERVICES), CommonSettings):
        values = json.loads(service.model_construct().model_dump_json())
        found.update({f"RATCHET_{name.upper()}": value for name, value in values.items()})
    return found


def test_every_setting_is_there_and_no_other():
    assert {name for name in told() if name.startswith("RATCHET_")} - ELSEWHERE == set(settings())


@pytest.mark.parametrize("name", sorted(settings()))
def test_it_is_told_with_its_default(name: str):
    default = settings()[name]
    value = told()[name].strip("'")
    if default in (None, [], ""):
        assert value == ""
    elif isinstance(default, str):
        assert value == default
    else:
        assert json.loads(value) == default


def test_every_variable_of_compose_is_there():
    compose = FILE.with_name("docker-compose.yml").read_text()
    used = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", compose))
    known = told()
    assert used == {name: known.get(name) for name in used}


def test_every_variable_has_a_sentence():
    lines = FILE.read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if line.startswith("#RATCHET_"):
            assert before.startswith("# "), line

"""`.env.example` lists every setting of every service with its default."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from exporter.settings import ExporterSettings
from gateway.settings import GatewaySettings
from ingest.settings import IngestSettings
from ledger.settings import LedgerSettings
from ratchet.settings import CommonSettings
from reward.settings import RewardSettings
from trainer.settings import TrainerSettings

SERVICES = (
    *(IngestSettings, LedgerSettings, RewardSettings, TrainerSettings, ExporterSettings),
    GatewaySettings,
)
FILE = Path(__file__).parents[2] / ".env.example"
# Options of commands, and what only compose and Kubernetes set.
NOT_OF_A_SERVICE = {
    "RATCHET_SECRETS_DIR",
    "RATCHET_URL",
    "RATCHET_EXPORTER_URL",
    "RATCHET_API_KEY",
    "RATCHET_MAX_MEMORY",
    "RATCHET_REPLAY_URL",
    "RATCHET_BACKUP_KEY",
}


def listed() -> dict[str, str]:
    rows = re.findall(r"^#([A-Z_]+)=(.*)$", FILE.read_text(), re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a variable is listed twice"
    return dict(rows)


def settings() -> dict[str, Any]:
    """The default of each variable. Ports differ by service; ingest's is listed."""
    defaults: dict[str, Any] = {}
    for service in (*reversed(SERVICES), CommonSettings):
        values = json.loads(service.model_construct().model_dump_json())
        defaults.update({f"RATCHET_{name.upper()}": value for name, value in values.items()})
    return defaults


def test_every_setting_is_listed_and_no_other():
    assert {name for name in listed() if name.startswith("RATCHET_")} - NOT_OF_A_SERVICE == set(
        settings()
    )


@pytest.mark.parametrize("name", sorted(settings()))
def test_a_setting_is_listed_with_its_default(name: str):
    default = settings()[name]
    value = listed()[name].strip("'")
    if default in (None, [], ""):
        assert value == ""
    elif isinstance(default, str):
        assert value == default
    else:
        assert json.loads(value) == default


def test_every_variable_of_compose_is_listed_with_its_default():
    compose = FILE.with_name("docker-compose.yml").read_text()
    used = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", compose))
    known = listed()
    assert used == {name: known.get(name) for name in used}


def test_every_setting_has_a_comment():
    lines = FILE.read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if line.startswith("#RATCHET_"):
            assert before.startswith("# "), line

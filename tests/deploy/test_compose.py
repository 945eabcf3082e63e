"""What holds for every service of docker-compose.yml."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("ingest", "ledger", "reward", "trainer", "trainer-gpu", "exporter")
# They run once, before who waits for their success.
ONCE = {
    name
    for service in SERVICES.values()
    for name, wanted in service.get("depends_on", {}).items()
    if wanted["condition"] == "service_completed_successfully"
}
STEADY = sorted(SERVICES.keys() - ONCE)


@pytest.mark.parametrize("name", STEADY)
def test_it_is_started_again_whatever_its_exit_status(name: str):
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", STEADY)
def test_its_health_is_checked(name: str):
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_it_has_limits(name: str):
    assert SERVICES[name]["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_it_may_little(name: str):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_its_image_is_pinned(name: str):
    image = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", SERVICES[name]["image"])
    assert re.fullmatch(r"[\w./-]+:(?!latest)[\w.-]+", image)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_its_ports_are_on_loopback_unless_told_otherwise(name: str):
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("${BIND:-127.0.0.1}:")


@pytest.mark.parametrize("name", OURS)
def test_it_waits_for_redis(name: str):
    assert SERVICES[name]["depends_on"]["redis"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", OURS)
def test_its_redis_url_is_a_file(name: str):
    service = SERVICES[name]
    assert "ratchet_redis_url" in service["secrets"]
    assert service["environment"]["RATCHET_SECRETS_DIR"] == "/run/secrets"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_password_is_in_its_environment(name: str):
    for variable, value in SERVICES[name].get("environment", {}).items():
        named = re.search("PASSWORD|SECRET|KEY", variable)
        assert not named or str(value).startswith("/run/secrets"), variable


def test_redis_keeps_what_it_acknowledged():
    command = " ".join(SERVICES["redis"]["entrypoint"])
    for line in ("appendonly yes", "maxmemory-policy noeviction", "maxmemory ${", "requirepass "):
        assert line in command


def test_what_must_outlive_a_container_is_in_a_named_volume():
    for name, path in (
        ("redis", "redis:/data"),
        ("postgres", "postgres:/var/lib/postgresql/data"),
        ("ledger", "data:/data"),
        ("trainer", "data:/data"),
        ("exporter", "data:/data"),
        ("ingest", "data:/data"),
    ):
        assert path in SERVICES[name]["volumes"]
    named = {volume.split(":")[0] for s in SERVICES.values() for volume in s.get("volumes", [])}
    assert {name for name in named if not name.startswith(".")} == set(COMPOSE["volumes"])


def test_there_is_one_trainer_with_and_one_without_a_gpu():
    assert SERVICES["trainer"]["profiles"] == ["cpu"]
    assert SERVICES["trainer-gpu"]["profiles"] == ["gpu"]
    devices = SERVICES["trainer-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}]


def test_the_intake_starts_last_and_with_a_key():
    assert SERVICES["ingest"]["depends_on"] == {
        "redis": {"condition": "service_healthy"},
        "ledger": {"condition": "service_healthy"},
        "keys": {"condition": "service_completed_successfully"},
    }


def test_rules_and_dashboards_are_mounted_where_their_readers_look():
    assert "./deploy/prometheus:/etc/prometheus:ro" in SERVICES["prometheus"]["volumes"]
    assert (
        "./deploy/grafana/dashboards:/etc/grafana/dashboards:ro" in SERVICES["grafana"]["volumes"]
    )
    provider = ROOT / "deploy" / "grafana" / "provisioning" / "dashboards" / "ratchet.yml"
    (provided,) = yaml.safe_load(provider.read_text())["providers"]
    assert provided["options"]["path"] == "/etc/grafana/dashboards"

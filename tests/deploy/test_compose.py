"""Rules for every service of docker-compose.yml."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("ingest", "ledger", "reward", "trainer", "trainer-gpu", "exporter", "gateway")
# They run once; other services wait for their success.
ONCE = {
    name
    for service in SERVICES.values()
    for name, dependency in service.get("depends_on", {}).items()
    if dependency["condition"] == "service_completed_successfully"
}
STEADY = sorted(SERVICES.keys() - ONCE)


@pytest.mark.parametrize("name", STEADY)
def test_a_service_restarts_whatever_its_exit_status(name: str):
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", STEADY)
def test_a_service_has_a_health_check(name: str):
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_limits_of_cpu_and_memory(name: str):
    assert SERVICES[name]["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_few_privileges(name: str):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_a_pinned_image(name: str):
    image = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", SERVICES[name]["image"])
    assert re.fullmatch(r"[\w./-]+:(?!latest)[\w.-]+", image)


def expanded(value: str, **environment: str) -> str:
    """`value` as compose expands it, with `environment` and the defaults."""
    return re.sub(
        r"\$\{([A-Z_]+):-([^}]*)\}", lambda found: environment.get(found[1]) or found[2], value
    )


def test_no_service_asks_for_more_cores_than_the_smallest_machine_has():
    """An engine refuses a container with a limit above the machine's cores; 0 is no limit."""
    for name, service in SERVICES.items():
        cpus = service["deploy"]["resources"]["limits"]["cpus"]
        default = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", cpus)
        assert float(default) <= 1, name


@pytest.mark.parametrize("name", sorted(SERVICES))
@pytest.mark.parametrize("bind", ["", "0.0.0.0", "10.0.0.7"])  # noqa: S104
def test_only_the_port_of_ingest_is_published_beyond_loopback(name: str, bind: str):
    for port in SERVICES[name].get("ports", []):
        host, _, _ = expanded(port, BIND=bind).rsplit(":", 2)
        assert host == (bind if bind and name == "ingest" else "127.0.0.1")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_uses_the_network_of_the_host(name: str):
    assert not SERVICES[name].keys() & {"network_mode", "expose", "pid", "ipc"}


@pytest.mark.parametrize("name", OURS)
def test_a_service_waits_for_redis(name: str):
    assert SERVICES[name]["depends_on"]["redis"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", OURS)
def test_the_redis_url_is_a_secret_file(name: str):
    service = SERVICES[name]
    assert "ratchet_redis_url" in service["secrets"]
    assert service["environment"]["RATCHET_SECRETS_DIR"] == "/run/secrets"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_password_is_in_the_environment(name: str):
    for variable, value in SERVICES[name].get("environment", {}).items():
        secret = re.search("PASSWORD|SECRET|KEY", variable)
        assert not secret or str(value).startswith("/run/secrets"), variable


def test_redis_persists_and_does_not_evict():
    command = " ".join(SERVICES["redis"]["entrypoint"])
    for line in ("appendonly yes", "maxmemory-policy noeviction", "maxmemory ${", "requirepass "):
        assert line in command


def test_persistent_data_is_in_named_volumes():
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


def test_each_profile_has_one_trainer():
    assert SERVICES["trainer"]["profiles"] == ["cpu"]
    assert SERVICES["trainer-gpu"]["profiles"] == ["gpu"]
    devices = SERVICES["trainer-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}]


@pytest.mark.parametrize("name", OURS)
def test_the_health_of_a_service_is_that_it_needs_no_restart(name: str):
    assert "/livez" in SERVICES[name]["healthcheck"]["test"][-1]


def test_ingest_waits_for_no_other_service_and_has_a_key():
    assert SERVICES["ingest"]["depends_on"] == {
        "redis": {"condition": "service_healthy"},
        "keys": {"condition": "service_completed_successfully"},
    }


def test_rules_and_dashboards_are_mounted_where_they_are_read():
    assert "./deploy/prometheus:/etc/prometheus:ro" in SERVICES["prometheus"]["volumes"]
    assert (
        "./deploy/grafana/dashboards:/etc/grafana/dashboards:ro" in SERVICES["grafana"]["volumes"]
    )
    provider = ROOT / "deploy" / "grafana" / "provisioning" / "dashboards" / "ratchet.yml"
    (provided,) = yaml.safe_load(provider.read_text())["providers"]
    assert provided["options"]["path"] == "/etc/grafana/dashboards"

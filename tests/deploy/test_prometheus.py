"""Rules and alerts are valid, have tests of firing and staying quiet, and have runbooks."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from declared_metrics import declared

from ratchet_cli.embedded.processes import SERVICES

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
NAME = re.compile(r"\b(?:ratchet|process)_[a-z0-9_]+\b")
PROCESS = {"process_start_time_seconds"}


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def alerts() -> list[dict[str, Any]]:
    groups = loaded(PROMETHEUS / "rules" / "alerts.yml")["groups"]
    return [rule for group in groups for rule in group["rules"]]


def promtool_tests() -> list[str]:
    return [test["name"] for test in loaded(PROMETHEUS / "tests" / "alerts.yml")["tests"]]


def promtool(*arguments: str | Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed: `apt-get install prometheus`")
    report = subprocess.run(
        ["promtool", *map(str, arguments)],
        cwd=PROMETHEUS / "tests",
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.returncode == 0, report.stdout + report.stderr


def test_the_rules_are_valid():
    promtool("check", "rules", *RULES)


@pytest.mark.parametrize("name", ["prometheus.yml", "prometheus-embedded.yml"])
def test_a_configuration_is_valid(name: str):
    promtool("check", "config", PROMETHEUS / name)


def test_every_alert_passes_its_tests():
    promtool("test", "rules", "alerts.yml")


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_has_tests_a_severity_and_a_runbook(alert: dict[str, Any]):
    name = alert["alert"]
    assert f"{name} fires" in promtool_tests()
    assert any(test.startswith(f"{name} stays quiet") for test in promtool_tests())
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert alert["annotations"]["summary"]
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    section = (ROOT / page).read_text().split(f"\n## {name}\n")[1].split("\n## ")[0]
    assert anchor == name.lower()
    assert "**Remedy**" in section or "As ArtifactStoreFull" in section


def test_every_runbook_has_an_alert():
    urls = [alert["annotations"]["runbook_url"] for alert in alerts()]
    for page in {url.partition("#")[0] for url in urls}:
        sections = re.findall(r"^## (\w+)$", (ROOT / page).read_text(), re.M)
        of_page = [
            alert["alert"]
            for alert, url in zip(alerts(), urls, strict=True)
            if url.startswith(page)
        ]
        assert sections == of_page


def test_rules_use_only_declared_metrics():
    known = {series for metric in declared() for series in metric.series} | PROCESS
    for path in RULES:
        for group in loaded(path)["groups"]:
            for rule in group["rules"]:
                metrics = re.sub(r"\b\w+:\w+:\w+\b", "", rule["expr"])
                assert set(NAME.findall(metrics)) <= known, rule


def test_every_service_is_scraped_under_its_name():
    for name in ("prometheus.yml", "prometheus-embedded.yml"):
        jobs = {job["job_name"] for job in loaded(PROMETHEUS / name)["scrape_configs"]}
        assert jobs - {"gpu"} == set(SERVICES)

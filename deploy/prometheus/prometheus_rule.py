"""The rules as a PrometheusRule of the Prometheus Operator, made of the files compose mounts.

`python deploy/prometheus/prometheus_rule.py` writes k8s/components/monitoring/rules.yaml: a
resource wants them inside of `spec`, where Prometheus itself does not read them.
"""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "k8s" / "components" / "monitoring" / "rules.yaml"
_HEADER = "# Made by `python deploy/prometheus/prometheus_rule.py`; do not edit.\n"


def prometheus_rule() -> str:
    files = sorted(Path(__file__).parent.glob("rules/*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "ratchet"},
        "spec": {"groups": groups},
    }
    return _HEADER + yaml.safe_dump(resource, sort_keys=False, width=120, allow_unicode=True)


if __name__ == "__main__":
    WRITTEN.write_text(prometheus_rule())

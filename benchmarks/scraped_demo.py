"""Scrapes a demo with a real Prometheus: gaps by job, alerts by state, panels without data.

`ratchet demo` runs normally; Prometheus has the shipped configuration, rules and jobs, scrapes more
often, and is queried after the demo. Only the time in which all services were up counts. A gap is
a scrape that failed or was late by more than one interval; no alert may fire.

Run: python benchmarks/scraped_demo.py [--interval 2] [--port 8150]
"""

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from monitoring.prometheus import PROGRAM, Prometheus, scraping
from rich.console import Console
from rich.table import Table

from ratchet_cli.embedded.processes import SERVICES, Embedded

DASHBOARDS = Path(__file__).parents[1] / "deploy" / "grafana" / "dashboards"
DEMO = [sys.executable, "-c", "from ratchet_cli.app import main; main()", "demo"]
OF_A_GPU = "DCGM_FI_"
LONGEST = "1h"


@dataclass(frozen=True)
class Scraped:
    """The scrapes of one job: their times in seconds, and whether they succeeded."""

    job: str
    at: tuple[float, ...]
    up: tuple[bool, ...]

    def within(self, begin: float, end: float) -> "Scraped":
        retained = [(at, up) for at, up in zip(self.at, self.up, strict=True) if begin <= at <= end]
        return Scraped(self.job, tuple(at for at, _ in retained), tuple(up for _, up in retained))

    @property
    def answered(self) -> list[float]:
        return [at for at, up in zip(self.at, self.up, strict=True) if up]

    @property
    def longest_s(self) -> float:
        """Seconds between successive successful scrapes."""
        return max(after - before for before, after in pairwise(self.answered))


async def scraped(prometheus: Prometheus, job: str) -> Scraped:
    (series,) = await prometheus.query(f'up{{job="{job}"}}[{LONGEST}]')
    return Scraped(
        job,
        tuple(float(at) for at, _ in series["values"]),
        tuple(value == "1" for _, value in series["values"]),
    )


def show_gaps(console: Console, jobs: list[Scraped], interval_s: int) -> int:
    """Print a line for each job; return the number of jobs with a gap."""
    table = Table("job", "scrapes", "expected", "failed", "longest pause s", title="scrapes")
    gaps = 0
    for job in jobs:
        expected = round((job.at[-1] - job.at[0]) / interval_s) + 1
        failed = len(job.at) - len(job.answered)
        gaps += failed > 0 or job.longest_s > 2 * interval_s
        pause = f"{job.longest_s:.2f}"
        table.add_row(job.job, str(len(job.at)), str(expected), str(failed), pause)
    console.print(table)
    return gaps


async def show_alerts(
    console: Console, prometheus: Prometheus, begin: float, end: float, interval_s: int
) -> int:
    """Print how long each alert was pending or firing; return the number that fired."""
    window = f"{round(end - begin)}s"
    counted = await prometheus.query(f"count_over_time(ALERTS[{window}])", time=str(end))
    seconds: dict[tuple[str, str], int] = {}
    for series in counted:
        key = (series["metric"]["alertname"], series["metric"]["alertstate"])
        seconds[key] = seconds.get(key, 0) + int(series["value"][1]) * interval_s
    rules = await prometheus.query_api("rules", type="alert")
    names = [rule["name"] for group in rules["groups"] for rule in group["rules"]]
    table = Table("alert", "pending s", "firing s", title=f"{len(names)} alerts")
    for name in sorted({name for name, _ in seconds}):
        pending, fired = (seconds.get((name, state), 0) for state in ("pending", "firing"))
        table.add_row(name, str(pending), str(fired))
    quiet = len(set(names) - {name for name, _ in seconds})
    table.add_row(f"the other {quiet}", "0", "0")
    console.print(table)
    return len({name for name, state in seconds if state == "firing"})


async def show_panels(
    console: Console, prometheus: Prometheus, begin: float, end: float, step_s: int
) -> None:
    """Print the panels that never showed a number."""
    table = Table("dashboard", "panels", "with data", "without", title="panels")
    window = {"start": str(begin), "end": str(end), "step": str(step_s)}
    for path in sorted(DASHBOARDS.glob("*.json")):
        panels = [p for p in json.loads(path.read_text())["panels"] if p["type"] != "row"]
        empty = []
        for panel in panels:
            for target in panel["targets"]:
                if OF_A_GPU in target["expr"]:
                    empty.append(f"{panel['title']} (a GPU's)")
                    continue
                answer = await prometheus.query_api("query_range", query=target["expr"], **window)
                if not any(map(has_number, answer["result"])):
                    legend = target.get("legendFormat", "")
                    empty.append(f"{panel['title']}{f': {legend}' if legend else ''}")
        full = len(panels) - len({name.split(":")[0] for name in empty})
        table.add_row(path.stem, str(len(panels)), str(full), "\n".join(dict.fromkeys(empty)))
    console.print(table)


def has_number(series: dict[str, Any]) -> bool:
    return any(value != "NaN" for _, value in series["values"])


async def main(port: int, interval_s: int) -> int:
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory) / "demo"
        demo = await asyncio.create_subprocess_exec(
            *DEMO, "--data-dir", str(data_dir), "--port", str(port)
        )
        embedded = Embedded(data_dir, port, {})
        async with scraping(embedded, Path(directory) / "prometheus", interval_s) as prometheus:
            status = await demo.wait()
            every = [await scraped(prometheus, job) for job in SERVICES]
            begin = max(job.answered[0] for job in every)
            end = min(job.answered[-1] for job in every)
            jobs = [job.within(begin, end) for job in every]
            console.print(f"the demo ended with {status}; scraped for {end - begin:.0f} s")
            gaps = show_gaps(console, jobs, interval_s)
            fired = await show_alerts(console, prometheus, begin, end, interval_s)
            await show_panels(console, prometheus, begin, end, 5 * interval_s)
    console.print(f"jobs with a gap: {gaps}; alerts that fired: {fired}")
    return 1 if gaps or fired or status else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8150)
    parser.add_argument("--interval", type=int, default=2, help="Seconds between two scrapes.")
    arguments = parser.parse_args()
    if PROGRAM is None:
        sys.exit("no Prometheus here: install Debian's package prometheus")
    sys.exit(asyncio.run(main(arguments.port, arguments.interval)))

"""Measures what the ranking learns from a stored history and from 2,000 live questions.

Everything runs in one process with the services' handlers, so that it is deterministic.

Run: python benchmarks/ranking.py [--questions N] [--after N] [--json]
"""

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from tier1.history import learnt_from_history
from tier1.live import live

from ratchet_ranking import HashingEmbedding

BAR_NDCG, BAR_REWARD, BAR_OPE = 0.25, 0.2, 0.10
HISTORIES = (1, 2, 3)
ESTIMATORS = ("ips", "snips", "dr")


def main(
    questions: Annotated[int, typer.Option(min=200, help="Questions to learn from.")] = 2_000,
    after: Annotated[int, typer.Option(min=50, help="Questions to measure on.")] = 1_000,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    embedding = HashingEmbedding()
    histories = [learnt_from_history(embedding, seed) for seed in HISTORIES]
    lived = asyncio.run(live(questions, after, embedding))
    if as_json:
        typer.echo(json.dumps({"histories": histories, "live": lived}))
        return
    console = Console(width=110)
    console.print(_learnt(histories, lived))
    console.print(_estimates(lived))
    console.print(
        f"{lived['before_a_scorer']} questions were answered before a scorer was published; "
        f"fitted power of examination: {lived['power']:.2f} (simulated: 0.80)"
    )
    console.print(f"last verdict: {lived['verdict']}")


def _learnt(histories: list[dict[str, float]], lived: dict[str, Any]) -> Table:
    table = Table("", "before", "after", "gain", title="what Tier 1 learns")
    for seed, results in zip(HISTORIES, histories, strict=True):
        table.add_row(
            f"NDCG@3, {results['questions']:.0f} held-out questions after 844 rows (seed {seed})",
            f"{results['caller']:.3f}",
            f"{results['ranking']:.3f}",
            f"{results['gain']:+.3f} (bar +{BAR_NDCG})",
        )
    before, after = lived["reward"]
    table.add_row(
        f"mean reward of served plans over {lived['questions']} questions",
        f"{before:.3f}",
        f"{after:.3f}",
        f"{after - before:+.3f} (bar +{BAR_REWARD})",
    )
    before, after = lived["value"]
    table.add_row(
        "their true value in 0..1", f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}"
    )
    return table


def _estimates(lived: dict[str, Any]) -> Table:
    table = Table(
        "policy", "IPS", "SNIPS", "doubly robust", "effective n", "measured", "off by, each",
        title=f"estimated off-policy, then measured (bar {BAR_OPE:.0%})",
    )  # fmt: skip
    for results in lived["compared"]:
        off = (abs(results[name]["mean"] - results["measured"]) for name in ESTIMATORS)
        table.add_row(
            results["name"],
            *(f"{results[name]['mean']:.3f}" for name in ESTIMATORS),
            f"{results['effective']:.0f} of {results['dr']['n']}",
            f"{results['measured']:.3f}",
            ", ".join(f"{gap / abs(results['measured']):.1%}" for gap in off),
        )
    return table


if __name__ == "__main__":
    typer.run(main)

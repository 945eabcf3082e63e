"""What the ranking learns: from a plant's stored history, and from 2,000 questions of a live one.

Everything runs in one process on the services' own handlers, so that it is the same every time.

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

from ratchet.ranking import HashingEmbedding

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
        f"attention was found to fall with the power {lived['power']:.2f} (simulated: 0.80)"
    )
    console.print(f"last verdict: {lived['verdict']}")


def _learnt(histories: list[dict[str, float]], lived: dict[str, Any]) -> Table:
    table = Table("", "before", "after", "gain", title="what Tier 1 learns")
    for seed, found in zip(HISTORIES, histories, strict=True):
        table.add_row(
            f"NDCG@3, {found['questions']:.0f} held-out questions after 844 rows (history {seed})",
            f"{found['caller']:.3f}",
            f"{found['ranking']:.3f}",
            f"{found['gain']:+.3f} (bar +{BAR_NDCG})",
        )
    before, after = lived["reward"]
    table.add_row(
        f"mean reward of served plans over {lived['questions']} questions",
        f"{before:.3f}",
        f"{after:.3f}",
        f"{after - before:+.3f} (bar +{BAR_REWARD})",
    )
    before, after = lived["worth"]
    table.add_row(
        "their true worth in 0..1", f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}"
    )
    return table


def _estimates(lived: dict[str, Any]) -> Table:
    table = Table(
        "policy", "IPS", "SNIPS", "doubly robust", "effective n", "measured", "off by, each",
        title=f"estimated off-policy, then measured (bar {BAR_OPE:.0%})",
    )  # fmt: skip
    for found in lived["compared"]:
        off = (abs(found[name]["mean"] - found["measured"]) for name in ESTIMATORS)
        table.add_row(
            found["name"],
            *(f"{found[name]['mean']:.3f}" for name in ESTIMATORS),
            f"{found['effective']:.0f} of {found['dr']['n']}",
            f"{found['measured']:.3f}",
            ", ".join(f"{gap / abs(found['measured']):.1%}" for gap in off),
        )
    return table


if __name__ == "__main__":
    typer.run(main)

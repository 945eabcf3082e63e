"""Measures the scoring of a plant's buffer of 844 rows: scores, pairs, labels and time.

Run: python benchmarks/population.py [experience_buffer.json]
"""

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ratchet.contract import ExperienceRecorded, LabelBuilt, PairBuilt
from ratchet_rows import EXPERIENCE_ROWS, ExperienceRow, open_rows
from ratchet_testing.legacy.population import population
from ratchet_text import normalized
from reward.domain.state.policy import RewardPolicy
from reward.offline import replay

BAR_PAIRS, BAR_LABELS = 100, 500


def main(path: Path) -> None:
    began = time.perf_counter()
    results = open_rows(path, UTC, EXPERIENCE_ROWS)
    rows = [row for _, row in results.rows if isinstance(row, ExperienceRow)]
    facts = [
        ExperienceRecorded(
            event_id=row.event_id, occurred_at=row.experience.timestamp, experience=row.experience
        )
        for row in rows
    ]
    whole = asyncio.run(replay(facts, RewardPolicy()))
    seconds = time.perf_counter() - began
    question = {row.experience.query_id: normalized(row.experience.transcript) for row in rows}
    pairs = [example for example in whole.live.values() if isinstance(example, PairBuilt)]
    labels = [example for example in whole.live.values() if isinstance(example, LabelBuilt)]
    mixed = sum(len({question[s.query_id] for s in pair.sources}) > 1 for pair in pairs)
    totals = [score.total for score in whole.scores.values()]

    table = Table(
        "", "observed", "bar", title=f"{path.name}: {results.total} rows, {seconds:.2f} s"
    )
    table.add_row("experiences scored", str(len(whole.scores)), str(len(set(question))))
    table.add_row("without a plan", str(sum(not r.experience.widget_plan.widgets for r in rows)))
    table.add_row("rewards above 0.1", str(sum(total > 0.1 for total in totals)))
    table.add_row("rewards below -0.1", str(sum(total < -0.1 for total in totals)))
    table.add_section()
    table.add_row("pairs", str(len(pairs)), f">= {BAR_PAIRS}")
    for (rule, aspect), count in sorted(Counter((p.rule, p.aspect) for p in pairs).items()):
        table.add_row(f"  {rule}, {aspect}", str(count))
    table.add_row("pairs about more than one question", str(mixed), "0")
    table.add_section()
    table.add_row("labels", str(len(labels)), f">= {BAR_LABELS}")
    for (aspect, sign), count in sorted(Counter((e.aspect, e.desirable) for e in labels).items()):
        table.add_row(f"  {aspect}, {'desirable' if sign else 'undesirable'}", str(count))
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as directory:
            simulated = Path(directory) / "experience_buffer.json"
            simulated.write_text(json.dumps(population(1)))
            main(simulated)

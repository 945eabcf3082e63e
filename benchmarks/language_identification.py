"""Measures the identification of languages on the labeled follow-ups of the tests.

Run: python benchmarks/language_identification.py
"""

import json
from collections import Counter
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

from rich.console import Console
from rich.table import Table

from ratchet_text import language_of

LABELLED = Path(__file__).parents[1] / "tests" / "reward" / "follow_ups"


def texts() -> set[tuple[str, str]]:
    """Each question and follow-up with its language."""
    found: set[tuple[str, str]] = set()
    for path in LABELLED.rglob("*.jsonl"):
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            language = row.get("language", path.parent.name)
            found.add((language, row["next"]))
            if "language" not in row:
                found.add((language, row["previous"]))
    return found


def main() -> None:
    before = getrusage(RUSAGE_SELF).ru_maxrss
    start = perf_counter()
    language_of("¿Cuál es la presión?")
    started = perf_counter() - start
    rows = sorted(texts())
    start = perf_counter()
    codes = [language_of(text) for _, text in rows]
    each = (perf_counter() - start) / len(rows)
    counts: Counter[tuple[str, str]] = Counter()
    for (language, _), code in zip(rows, codes, strict=True):
        right = "right" if code == language.split("_")[0] else "wrong"
        counts[language, "unknown" if code is None else right] += 1
    table = Table("language", "right", "unknown", "wrong")
    for language in sorted({language for language, _ in counts}):
        table.add_row(
            language, *(str(counts[language, name]) for name in ("right", "unknown", "wrong"))
        )
    console = Console()
    console.print(table)
    grown = (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024
    console.print(f"start {started:.2f} s, {each * 1e6:.0f} µs a text, {grown:.0f} MB")


if __name__ == "__main__":
    main()

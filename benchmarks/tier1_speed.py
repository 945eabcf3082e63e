"""Measures a decision and a training step, compared with a baseline in the same run.

Run: python benchmarks/tier1_speed.py
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the embedded system runs its services

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn import functional

from ratchet.contract import (
    Candidate,
    ExperienceScored,
    RankingPolicy,
    RankingQuery,
    ServedPlan,
    ServedWidget,
)
from ratchet.measures import CORE_SCENARIOS
from ratchet_ranking import HashingEmbedding, rank
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.scorers.scorer_steps import ScorerSteps
from trainer.domain.scorer.lesson import Lesson, ScoredRevision, to_lesson
from trainer.domain.scorer.replay_buffer import ReplayBuffer
from trainer.domain.scorer.rules import LearningRules

BAR_RANK_US, BAR_STEP = 60.0, 1.5
QUESTION = "What is the vibration of cooling tower 004 right now?"
EMBEDDING = HashingEmbedding()
QUERY = RankingQuery(transcript=QUESTION, characteristics=("health_status",), devices=1)
CANDIDATES = [Candidate(scenario=name, relevance=0.5) for name in CORE_SCENARIOS[:10]]


def microseconds(work: Callable[[int], object], times: int = 3_000) -> float:
    for number in range(200):
        work(number)
    durations = []
    for number in range(times):
        began = time.perf_counter_ns()
        work(number)
        durations.append(time.perf_counter_ns() - began)
    return median(durations) / 1_000


def torch_eager() -> Callable[[int], object]:
    """The same 28,193 weights as torch modules, on prepared inputs."""
    net, rows = plain_net(), torch.zeros(10, 813)

    def work(_: int) -> object:
        with torch.inference_mode():
            return net(rows)

    return work


def plain_net() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(813, 32, bias=False),
        nn.ReLU(),
        nn.Linear(32, 64),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.Linear(64, 1),
        nn.Tanh(),
    )


def bare_step() -> Callable[[int], object]:
    """Fused AdamW on one prepared batch of 64: no draws, no pairs, no untried scenarios."""
    net = plain_net()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-4, fused=True)
    rows, targets = torch.randn(64, 813), torch.rand(64)

    def work(_: int) -> object:
        optimizer.zero_grad()
        functional.mse_loss(net(rows).squeeze(1), targets).backward()
        return optimizer.step()

    return work


def lessons(count: int) -> list[Lesson]:
    rng = np.random.default_rng(0)
    results = []
    for number in range(count):
        names = rng.choice(CORE_SCENARIOS, 4, replace=False)
        plan = ServedPlan(
            query=RankingQuery(transcript=f"What is the power of pump {number}?"),
            widgets=tuple(ServedWidget(scenario=name, score=float(rng.random())) for name in names),
            reward=float(rng.normal()),
        )
        event = ExperienceScored(
            event_id=f"scored-{number:06d}",
            occurred_at=datetime(2026, 3, 2, tzinfo=UTC),
            query_id=str(number),
            revision=1,
            total=0,
            components={},
            settings_hash="",
            plan=plan,
        )
        lesson = to_lesson(ScoredRevision(number, event), EMBEDDING)
        assert lesson is not None
        results.append(lesson)
    return results


def our_step() -> Callable[[int], object]:
    """A step on draws from a full replay buffer, with pairs, untried scenarios and dropout."""
    rules = LearningRules()
    steps, known = ScorerSteps(rules), lessons(rules.replay)
    replay = ReplayBuffer.of(known, rules.replay)

    def work(number: int) -> object:
        draws = np.random.default_rng((rules.seed, number))
        drawn = replay.draw(known[number % len(known)], rules.batch - rules.untried, draws)
        return steps.widgets(drawn, draws)

    return work


def main() -> None:
    scorers, policy = ScorerLearner(LearningRules(), EMBEDDING).scorers(), RankingPolicy()
    decide = microseconds(lambda _: rank(QUERY, CANDIDATES, 4, scorers, EMBEDDING, policy, 0.5))
    embed = microseconds(lambda _: EMBEDDING.embed(QUESTION))
    torch.set_num_threads(1)
    eager = microseconds(torch_eager())
    bare, ours = microseconds(bare_step()), microseconds(our_step())
    table = Table("", "µs", "", title=f"Tier 1, medians, {os.cpu_count()} cores")
    table.add_row("a decision on 10 candidates", f"{decide:.1f}", f"bar {BAR_RANK_US:.0f}")
    table.add_row("  of which the text's embedding", f"{embed:.1f}")
    table.add_row("the scores alone by torch, inputs ready", f"{eager:.1f}")
    table.add_section()
    table.add_row("a bare fused AdamW step on 64 rows", f"{bare:.0f}", "1.00")
    table.add_row(
        "our step on 64 widgets, with its draw",
        f"{ours:.0f}",
        f"{ours / bare:.2f} (bar {BAR_STEP})",
    )
    Console().print(table)


if __name__ == "__main__":
    main()

"""Measures what 844 rows of stored history teach about questions of other kinds."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from random import Random
from statistics import fmean

import numpy as np
from tier1.parts import Tier1

from ratchet.contract import Candidate, ExperienceRecorded, Intent, RankingPolicy, RankingQuery
from ratchet.measures import CORE_SCENARIOS
from ratchet_ranking import Embedding, Scorers, rank
from ratchet_rows import EXPERIENCE_ROWS, ExperienceRow, open_rows
from ratchet_testing.legacy.population import population
from ratchet_testing.legacy.questions import draw_question
from trainer.domain.scorer.holdout import is_held_out

_QUESTIONS = 2_000
_DISTRACTORS = 7


def ndcg_at_3(order: Sequence[str], gains: dict[str, float]) -> float:
    """Normalized discounted cumulative gain of the first three (Järvelin & Kekäläinen 2002)."""
    discounts = 1 / np.log2(np.arange(2, 5))
    got = [gains.get(name, 0.0) for name in order[:3]]
    best = sorted(gains.values(), reverse=True)[:3]
    return float(discounts[: len(got)] @ got / (discounts[: len(best)] @ best))


def history(seed: int) -> list[ExperienceRecorded]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "experience_buffer.json"
        path.write_text(json.dumps(population(seed)))
        rows = [
            row
            for _, row in open_rows(path, UTC, EXPERIENCE_ROWS).rows
            if isinstance(row, ExperienceRow)
        ]
    return [
        ExperienceRecorded(
            event_id=row.event_id, occurred_at=row.experience.timestamp, experience=row.experience
        )
        for row in rows
    ]


def held_out_questions(rng: Random) -> dict[str, tuple[RankingQuery, tuple[str, ...]]]:
    """Held-out questions by transcript, with the fitting scenarios, best first."""
    by_text = {}
    for question in (draw_question(rng) for _ in range(_QUESTIONS)):
        intent = {
            "domains": [question.topic.domain],
            "entities": {"devices": question.devices},
            "confidence": 0.8,
            "primary_characteristic": question.topic.characteristic,
        }
        query = RankingQuery.of(question.text, Intent.model_validate(intent))
        if is_held_out(query):
            by_text[question.text] = (query, question.topic.fitting)
    return by_text


def learnt_from_history(embedding: Embedding, seed: int) -> dict[str, float]:
    """NDCG@3 over held-out questions, in random order and as ranked."""
    with tempfile.TemporaryDirectory() as directory:
        tier1 = Tier1(Path(directory), embedding)
        asyncio.run(tier1.process(*history(seed)))
        tier1.learn()
        scorers = tier1.learner.scorers()
    rng = Random(3)
    callers, ranked = [], []
    for query, fitting in held_out_questions(rng).values():
        gains = dict(zip(fitting, (3.0, 2.0, 1.0), strict=True))
        others = [name for name in CORE_SCENARIOS if name not in fitting]
        names = [*fitting, *rng.sample(others, _DISTRACTORS)]
        rng.shuffle(names)
        callers.append(ndcg_at_3(names, gains))
        ranked.append(ndcg_at_3(ordered(scorers, embedding, query, names), gains))
    return {
        "caller": fmean(callers),
        "ranking": fmean(ranked),
        "gain": fmean(ranked) - fmean(callers),
        "questions": len(ranked),
    }


def ordered(
    scorers: Scorers, embedding: Embedding, query: RankingQuery, names: list[str]
) -> list[str]:
    candidates = [Candidate(scenario=name) for name in names]
    greedy = RankingPolicy(share=0)
    results = rank(query, candidates, len(names), scorers, embedding, greedy, 0.0)
    return [names[at] for at in results.order]

"""Restarts, batches and processes do not change the learned bits."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from ratchet_ranking import HashingEmbedding
from ratchet_testing.deliveries import delivered
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.lesson import ScoredRevision
from trainer.domain.scorer.rules import LearningRules

from .judged_plans import GOOD_CHATSTREAM, HELD_OUT, TRAINING, judged, judged_plans

pytestmark = pytest.mark.heavy

RULES = LearningRules(
    steps=2, replay=12, validation=4, validate_every=2, patience=8, per_user_per_day=5
)
SCRIPT = """
import hashlib, sys
from ratchet.contract import ExperienceScored
from ratchet_ranking.hashing import HashingEmbedding
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.domain.scorer.lesson import ScoredRevision
from trainer.domain.scorer.rules import LearningRules
learner = ScorerLearner(LearningRules(), HashingEmbedding())
events = map(ExperienceScored.model_validate_json, open(sys.argv[1]))
learner.learn([ScoredRevision(number, event) for number, event in enumerate(events, start=1)])
print(hashlib.sha256(learner.save().tensors).hexdigest())
"""


def a_learner(rules: LearningRules = RULES) -> ScorerLearner:
    return ScorerLearner(rules, HashingEmbedding())


def learned(revisions: Sequence[ScoredRevision], rules: LearningRules = RULES) -> ScorerLearner:
    learner = a_learner(rules)
    learner.learn(revisions)
    return learner


def test_other_processes_give_the_same_bits(tmp_path: Path) -> None:
    revisions = judged_plans(60)
    path = tmp_path / "revisions.jsonl"
    path.write_text("".join(f"{scored.event.model_dump_json()}\n" for scored in revisions))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(path)],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads, "PYTHONHASHSEED": threads},
            stdout=subprocess.PIPE,
            text=True,
        )
        for threads in ("1", "2")
    ]
    own = learned(revisions, LearningRules()).save()
    told = [process.communicate()[0].strip() for process in processes]
    assert told == [hashlib.sha256(own.tensors).hexdigest()] * 2


WHOLE = judged_plans(40)


@cache
def at_once() -> bytes:
    return learned(WHOLE).save().tensors


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.sets(st.integers(1, len(WHOLE) - 1)))
def test_the_bits_do_not_depend_on_the_batches(cuts: set[int]) -> None:
    learner = a_learner()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(WHOLE)], strict=True):
        learner.learn(WHOLE[start:end])
    assert learner.save().tensors == at_once()


def a_history(store: SqlRankingStore) -> list[ScoredRevision]:
    """Late and older revisions, held-out questions, changed ratings, and plans without feedback."""
    events = []
    for number in range(20):
        events += [judged(number), judged(number // 2, revision=2 + number % 2)]
    events += [judged(100 + at, question=question) for at, question in enumerate(HELD_OUT[:14])]
    events += [judged(at, question=HELD_OUT[at % 2], revision=4) for at in range(6)]
    events += [judged(200 + at, GOOD_CHATSTREAM, user_id="maria") for at in range(9)]
    silent = judged(300).model_copy(update={"plan": None})
    events += [silent, *(judged(at, question=TRAINING[at], revision=5) for at in range(20))]
    for event in events:
        store.add_scored(delivered([event]))
    return store.unlearned(0, 1_000)


def restarted(store: SqlRankingStore, every: int) -> Iterator[ScorerLearner]:
    """Restarts the learner after every `every` revisions until none is left."""
    while True:
        learner = a_learner()
        if (state := store.learned_state()) is not None:
            learner.restore(state, store.learned_revisions(state.progress.cursor))
        revisions = store.unlearned(learner.progress.cursor, every)
        if not revisions:
            return
        learner.learn(revisions)
        store.commit(learner.save())
        yield learner


@pytest.mark.parametrize("every", [1, 7, 33])
def test_a_restart_at_any_point_leads_to_the_same_bits(engine: Engine, every: int) -> None:
    store = SqlRankingStore(engine, RULES)
    history = a_history(store)
    uninterrupted = learned(history)
    assert {scored.teaches for scored in history} == {True, False}
    assert uninterrupted.progress.schedule.decays > 0
    *_, last = restarted(store, every)
    assert last.save() == uninterrupted.save()
    assert [one.sequence for one in last.held_out] == [
        one.sequence for one in uninterrupted.held_out
    ]


def test_a_restart_after_many_skipped_revisions_leads_to_the_same_bits(
    engine: Engine,
) -> None:
    store = SqlRankingStore(engine, RULES, revisions=30)
    flood = [judged(number, user_id="mallory") for number in range(100, 160)]
    after = [judged(number) for number in range(200, 210)]
    store.add_scored(delivered([*(judged(number) for number in range(12)), *flood, *after]))
    uninterrupted = learned(store.unlearned(0, 1_000))
    *_, last = restarted(store, 20)
    assert last.save() == uninterrupted.save()

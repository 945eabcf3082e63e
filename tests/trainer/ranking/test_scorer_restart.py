"""Stopped anywhere, cut into any batches, in other processes: equal revisions, equal bits."""

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

from ratchet.ranking import HashingEmbedding
from ratchet_testing.deliveries import delivered
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.lesson import Scored
from trainer.domain.scorer.rules import LearningRules

from .judged_plans import GOOD_CHATSTREAM, HELD_OUT, LEARNT_FROM, judged, judged_plans

pytestmark = pytest.mark.heavy

RULES = LearningRules(
    steps=2, replay=12, validation=4, validate_every=2, patience=8, per_user_per_day=5
)
SCRIPT = """
import hashlib, sys
from ratchet.contract import ExperienceScored
from ratchet.ranking.hashing import HashingEmbedding
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.domain.scorer.lesson import Scored
from trainer.domain.scorer.rules import LearningRules
learner = ScorerLearner(LearningRules(), HashingEmbedding())
events = map(ExperienceScored.model_validate_json, open(sys.argv[1]))
learner.learn([Scored(number, event) for number, event in enumerate(events, start=1)])
print(hashlib.sha256(learner.save().tensors).hexdigest())
"""


def a_learner(rules: LearningRules = RULES) -> ScorerLearner:
    return ScorerLearner(rules, HashingEmbedding())


def learnt(revisions: Sequence[Scored], rules: LearningRules = RULES) -> ScorerLearner:
    learner = a_learner(rules)
    learner.learn(revisions)
    return learner


def test_other_processes_end_in_equal_bits(tmp_path: Path) -> None:
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
    own = learnt(revisions, LearningRules()).save()
    told = [process.communicate()[0].strip() for process in processes]
    assert told == [hashlib.sha256(own.tensors).hexdigest()] * 2


WHOLE = judged_plans(40)


@cache
def at_once() -> bytes:
    return learnt(WHOLE).save().tensors


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.sets(st.integers(1, len(WHOLE) - 1)))
def test_however_revisions_are_cut_into_batches_the_bits_are_equal(cuts: set[int]) -> None:
    learner = a_learner()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(WHOLE)], strict=True):
        learner.learn(WHOLE[start:end])
    assert learner.save().tensors == at_once()


def a_history(store: SqlRankingStore) -> list[Scored]:
    """Late and older revisions, runs of held-out questions, changed words, and some silence."""
    events = []
    for number in range(20):
        events += [judged(number), judged(number // 2, revision=2 + number % 2)]
    events += [judged(100 + at, asked=asked) for at, asked in enumerate(HELD_OUT[:14])]
    events += [judged(at, asked=HELD_OUT[at % 2], revision=4) for at in range(6)]
    events += [judged(200 + at, GOOD_CHATSTREAM, user_id="maria") for at in range(9)]
    silent = judged(300).model_copy(update={"plan": None})
    events += [silent, *(judged(at, asked=LEARNT_FROM[at], revision=5) for at in range(20))]
    for event in events:
        store.keep_scored(delivered([event]))
    return store.unlearnt(0, 1_000)


def restarted(store: SqlRankingStore, every: int) -> Iterator[ScorerLearner]:
    """A learner that is started anew for every so many revisions, until none is left."""
    while True:
        learner = a_learner()
        if (state := store.learnt()) is not None:
            learner.restore(state, store.remembered(state.progress.cursor))
        revisions = store.unlearnt(learner.progress.cursor, every)
        if not revisions:
            return
        learner.learn(revisions)
        store.commit(learner.save())
        yield learner


@pytest.mark.parametrize("every", [1, 7, 33])
def test_restored_at_any_point_it_goes_on_to_the_same_bits(engine: Engine, every: int) -> None:
    store = SqlRankingStore(engine, RULES)
    history = a_history(store)
    undisturbed = learnt(history)
    assert {scored.teaches for scored in history} == {True, False}
    assert undisturbed.progress.schedule.decays > 0
    *_, last = restarted(store, every)
    assert last.save() == undisturbed.save()
    assert [one.sequence for one in last.held_out] == [one.sequence for one in undisturbed.held_out]


def test_what_is_remembered_outlives_a_flood_of_what_does_not_teach(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.backends.sql.ranking_store._KEPT", 30)
    store = SqlRankingStore(engine, RULES)
    flood = [judged(number, user_id="mallory") for number in range(100, 160)]
    after = [judged(number) for number in range(200, 210)]
    store.keep_scored(delivered([*(judged(number) for number in range(12)), *flood, *after]))
    undisturbed = learnt(store.unlearnt(0, 1_000))
    *_, last = restarted(store, 20)
    assert last.save() == undisturbed.save()

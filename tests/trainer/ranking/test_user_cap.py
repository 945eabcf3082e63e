"""One operator cannot dominate the ranking, whatever the amount of feedback."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from ratchet.contract import ExperienceScored
from ratchet_ranking import HashingEmbedding, scenario_indices, structure_inputs
from ratchet_testing.deliveries import delivered
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.rules import LearningRules

from .judged_plans import GOOD_CHATSTREAM, TRAINING, judged, unseen_question

pytestmark = pytest.mark.heavy

A_DAY = LearningRules().per_user_per_day


def honest(count: int, first: int = 0) -> list[ExperienceScored]:
    """Plans of forty operators, few of each."""
    return [judged(number) for number in range(first, first + count)]


def hostile(count: int, user_id: str = "mallory", day: int = 0) -> Iterator[ExperienceScored]:
    """Ratings and scores that contradict all others, with many revisions."""
    for number in range(count):
        question = TRAINING[number % len(TRAINING)]
        answer, revision = 10_000 * (day + 1) + number // 4, number % 4 + 1
        event = judged(answer, GOOD_CHATSTREAM, question, revision, user_id)
        against = event.plan.model_copy(update={"reward": -2.0 if number % 2 else 2.0})
        later = event.occurred_at.replace(day=event.occurred_at.day + day)
        yield event.model_copy(update={"plan": against, "occurred_at": later})


class Learning:
    """A store, and a learner of its revisions."""

    def __init__(self, store: SqlRankingStore) -> None:
        self.store = store
        self.learner = ScorerLearner(LearningRules(), HashingEmbedding())

    def learn(self, events: list[ExperienceScored]) -> bytes:
        """Learn `events`; return the weights."""
        for start in range(0, len(events), 200):
            self.store.add_scored(delivered(events[start : start + 200]))
        self.learner.learn(self.store.unlearned(self.learner.progress.cursor, 10_000))
        return b"".join(tensor.tobytes() for tensor in self.learner.weights().values())

    @property
    def lead_of_alerts(self) -> float:
        scorers, question = self.learner.scorers(), unseen_question()
        text, _ = scorers.project_text(HashingEmbedding().embed(question.transcript))
        places = scenario_indices(["alerts", "chatstream"])
        alerts, chatstream = scorers.low_rank.score(text, structure_inputs(question, 2), places)
        return float(alerts - chatstream)


@pytest.fixture
def learning(store: SqlRankingStore) -> Learning:
    made = Learning(store)
    made.learn(honest(200))
    return made


def test_an_operators_revisions_after_the_first_hundred_do_not_count(
    learning: Learning,
) -> None:
    everything = list(hostile(1_000))
    before = learning.learn([])
    after_their_share = learning.learn(everything[:A_DAY])
    assert after_their_share != before
    assert learning.learn(everything[A_DAY:]) == after_their_share
    assert learning.learner.progress.heard_of == 1_200
    assert learning.store.skip_counts() == {"the operator's day is over": 900}


def test_other_operators_teaching_is_preserved(learning: Learning) -> None:
    before = learning.lead_of_alerts
    learning.learn(list(hostile(1_000)))
    assert learning.lead_of_alerts > before / 2 > 0


def test_the_next_day_the_operator_teaches_again(learning: Learning) -> None:
    after_one_day = learning.learn(list(hostile(150)))
    taught = learning.learner.progress.taught
    assert learning.learn(list(hostile(150, day=1))) != after_one_day
    assert learning.learner.progress.taught == taught + A_DAY


def test_another_operator_still_teaches(learning: Learning) -> None:
    learning.learn(list(hostile(1_000)))
    taught = learning.learner.progress.taught + learning.learner.progress.validation
    learning.learn(honest(40, first=200))
    progress = learning.learner.progress
    assert progress.taught + progress.validation == taught + 40


def test_unnamed_operators_share_one_daily_quota(engine: Engine) -> None:
    rules = LearningRules(unnamed_per_day=50)
    learning = Learning(SqlRankingStore(engine, rules))
    everything = list(hostile(200, user_id=""))
    after_their_share = learning.learn(everything[:50])
    assert learning.learn(everything[50:]) == after_their_share

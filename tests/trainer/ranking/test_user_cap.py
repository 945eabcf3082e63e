"""One operator alone cannot turn the ranking, however much they say in a day."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from ratchet.contract import ExperienceScored
from ratchet.ranking import HashingEmbedding, places_of, structure_of
from ratchet_testing.deliveries import delivered
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.rules import LearningRules

from .judged_plans import GOOD_CHATSTREAM, LEARNT_FROM, judged, unseen_question

pytestmark = pytest.mark.heavy

A_DAY = LearningRules().per_user_per_day


def honest(count: int, first: int = 0) -> list[ExperienceScored]:
    """Plans of forty operators, few of each."""
    return [judged(number) for number in range(first, first + count)]


def hostile(count: int, user_id: str = "mallory", day: int = 0) -> Iterator[ExperienceScored]:
    """Thumbs and judge scores against everybody else, each answer revised again and again."""
    for number in range(count):
        asked = LEARNT_FROM[number % len(LEARNT_FROM)]
        answer, revision = 10_000 * (day + 1) + number // 4, number % 4 + 1
        event = judged(answer, GOOD_CHATSTREAM, asked, revision, user_id)
        against = event.plan.model_copy(update={"reward": -2.0 if number % 2 else 2.0})
        later = event.occurred_at.replace(day=event.occurred_at.day + day)
        yield event.model_copy(update={"plan": against, "occurred_at": later})


class Learning:
    """A store and a learner that hears what it keeps."""

    def __init__(self, store: SqlRankingStore) -> None:
        self.store = store
        self.learner = ScorerLearner(LearningRules(), HashingEmbedding())

    def hear(self, events: list[ExperienceScored]) -> bytes:
        """The weights after them."""
        for start in range(0, len(events), 200):
            self.store.keep_scored(delivered(events[start : start + 200]))
        self.learner.learn(self.store.unlearnt(self.learner.progress.cursor, 10_000))
        return b"".join(tensor.tobytes() for tensor in self.learner.weights().values())

    @property
    def lead_of_alerts(self) -> float:
        scorers, asked = self.learner.scorers(), unseen_question()
        text, _ = scorers.see(HashingEmbedding().embed(asked.transcript))
        places = places_of(["alerts", "chatstream"])
        alerts, chatstream = scorers.low_rank.score(text, structure_of(asked, 2), places)
        return float(alerts - chatstream)


@pytest.fixture
def learning(store: SqlRankingStore) -> Learning:
    made = Learning(store)
    made.hear(honest(200))
    return made


def test_a_thousand_revisions_of_one_operator_weigh_as_their_first_hundred(
    learning: Learning,
) -> None:
    everything = list(hostile(1_000))
    before = learning.hear([])
    after_their_share = learning.hear(everything[:A_DAY])
    assert after_their_share != before
    assert learning.hear(everything[A_DAY:]) == after_their_share
    assert learning.learner.progress.heard_of == 1_200
    assert learning.store.skipped() == {"the operator's day is over": 900}


def test_what_everybody_else_taught_stands(learning: Learning) -> None:
    before = learning.lead_of_alerts
    learning.hear(list(hostile(1_000)))
    assert learning.lead_of_alerts > before / 2 > 0


def test_the_next_day_the_operator_teaches_again(learning: Learning) -> None:
    after_one_day = learning.hear(list(hostile(150)))
    taught = learning.learner.progress.taught
    assert learning.hear(list(hostile(150, day=1))) != after_one_day
    assert learning.learner.progress.taught == taught + A_DAY


def test_another_operator_teaches_all_the_same(learning: Learning) -> None:
    learning.hear(list(hostile(1_000)))
    taught = learning.learner.progress.taught + learning.learner.progress.validation
    learning.hear(honest(40, first=200))
    progress = learning.learner.progress
    assert progress.taught + progress.validation == taught + 40


def test_all_who_do_not_say_who_they_are_share_a_day(engine: Engine) -> None:
    rules = LearningRules(unnamed_per_day=50)
    learning = Learning(SqlRankingStore(engine, rules))
    everything = list(hostile(200, user_id=""))
    after_their_share = learning.hear(everything[:50])
    assert learning.hear(everything[50:]) == after_their_share

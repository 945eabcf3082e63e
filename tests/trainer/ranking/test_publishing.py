"""Publishing: verdicts follow the evidence and are published with it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import ExperienceScored, ScorerKeptBack, ScorerPublished, ScorerWithdrawn
from ratchet_ranking import ScorerManifest, libraries, read_scorer

from .judged_plans import (
    GOOD_ALERTS,
    GOOD_CHATSTREAM,
    HELD_OUT,
    SHOWN,
    TRAINING,
    answers,
    judged,
)
from .ranking_setup import AT_ONCE, POLICY, RankingSetup, trained_learner

pytestmark = pytest.mark.heavy

NOW = 1_000.0


@pytest.fixture
def setup(engine: Engine, tmp_path: Path) -> RankingSetup:
    return RankingSetup(engine, tmp_path)


def misleading(count: int) -> list[ExperienceScored]:
    """The preferences in training questions contradict those in held-out ones."""
    learned = [judged(n, question=TRAINING[n % len(TRAINING)]) for n in range(count)]
    held_out = [
        judged(1_000 + n, GOOD_CHATSTREAM, HELD_OUT[n % len(HELD_OUT)]) for n in range(count)
    ]
    return learned + held_out


def test_an_untrained_candidate_is_not_judged(setup: RankingSetup) -> None:
    setup.judge()
    setup.learn(judged(number, question=question) for number, question in enumerate(HELD_OUT * 2))
    setup.judge()
    assert setup.publishing.evaluation is None
    assert setup.events() == []


def test_too_little_evidence_is_reported_once_a_minute(
    setup: RankingSetup,
) -> None:
    for number, seconds in enumerate((0, 10, 59, 61, 100)):
        setup.learn(answers(4, first=4 * number))
        setup.judge(NOW + seconds)
    first, second = setup.events()
    assert isinstance(first, ScorerKeptBack) and isinstance(second, ScorerKeptBack)
    assert (first.trained_on, second.trained_on) == (4, 16)
    assert first.evidence.basis == "nothing yet"
    assert "fewer than 100 logged decisions and fewer than 20 held-out plans" in first.reason


def test_another_kind_of_reason_is_reported_at_once(setup: RankingSetup) -> None:
    setup.learn(answers(4))
    setup.judge(NOW)
    setup.learn(misleading(60))
    setup.judge(NOW + 1)
    bases = [event.evidence.basis for event in setup.events(ScorerKeptBack)]
    assert bases == ["nothing yet", "held-out plans"]


def test_a_better_order_of_held_out_plans_is_published(setup: RankingSetup) -> None:
    setup.learn(answers(150))
    setup.judge()
    (published,) = setup.events()
    assert isinstance(published, ScorerPublished)
    assert published.evidence.basis == "held-out plans"
    assert published.evidence.gains["caller"].low > 0
    assert (published.trained_on, published.previous) == (150, None)
    assert published.version == f"s150-{published.artifact.sha256[:8]}"
    assert setup.register.in_service() == published


def test_the_artifact_contains_its_provenance(setup: RankingSetup) -> None:
    setup.learn(answers(150))
    setup.judge()
    (published,) = setup.events(ScorerPublished)
    scorers, manifest = read_scorer(setup.artifacts.verified(published.artifact))
    assert manifest == ScorerManifest(
        embedding="hashing-768-1",
        policy=POLICY,
        trained_on=150,
        steps=setup.learner.progress.steps,
        seed=42,
        versions=libraries(),
    )
    assert (published.embedding, published.policy) == ("hashing-768-1", POLICY)
    assert published.parameters == scorers.low_rank.parameters == 28_193
    assert (scorers.low_rank.a == setup.learner.weights()["A.weight"]).all()


def test_a_published_scorer_names_its_predecessor(setup: RankingSetup) -> None:
    for number in range(2):
        setup.learn(answers(150, first=150 * number))
        setup.judge(NOW + number)
    first, second = setup.events(ScorerPublished)
    assert second.previous == first.version
    assert second.evidence.gains.keys() == {"in_service", "caller"}
    assert setup.register.in_service() == second


def test_a_candidate_is_judged_again_only_after_learning(setup: RankingSetup) -> None:
    setup.learn(answers(150))
    setup.judge(NOW)
    evaluation = setup.publishing.evaluation
    setup.judge(NOW + 1_000)
    assert setup.publishing.evaluation is evaluation
    setup.learn(answers(1, first=150))
    setup.judge(NOW + 2_000)
    assert setup.publishing.evaluation is not evaluation


def test_judging_is_limited_by_the_rules(engine: Engine, tmp_path: Path) -> None:
    rules = AT_ONCE.model_copy(update={"every_s": 5, "kept_back_every_s": 30})
    setup = RankingSetup(engine, tmp_path, rules)
    judged_on = []
    for number, seconds in enumerate((0, 29, 31, 35, 37)):
        setup.learn(answers(2 if number == 0 else 150, first=200 * number))
        setup.judge(NOW + seconds)
        judged_on.append(setup.publishing.verdict.reason)
    assert [at for at in range(1, 5) if judged_on[at] != judged_on[at - 1]] == [2, 4]


def test_a_candidate_that_orders_logged_decisions_worse_is_kept_back(setup: RankingSetup) -> None:
    setup.put_in_service(trained_learner("alerts"), "good")
    setup.add_decisions(GOOD_ALERTS)
    setup.publishing.judge_if_due(trained_learner("chatstream"), NOW)
    (kept_back,) = setup.events(ScorerKeptBack)
    gain = kept_back.evidence.gains["in_service"]
    assert (kept_back.evidence.basis, gain.n) == ("logged decisions", 120)
    assert gain.high < 0
    assert f"the scorer in service: {gain.mean:+.3f} [{gain.low:+.3f}," in kept_back.reason
    assert [estimate.policy for estimate in kept_back.evidence.estimates] == [
        "candidate",
        "in_service",
        "caller",
    ]
    serving = setup.register.in_service()
    assert serving is not None and serving.version == "good"


def test_a_candidate_that_orders_logged_decisions_better_is_published(setup: RankingSetup) -> None:
    setup.put_in_service(trained_learner("chatstream"), "bad")
    setup.add_decisions(GOOD_ALERTS)
    setup.publishing.judge_if_due(trained_learner("alerts"), NOW)
    published = setup.events(ScorerPublished)[-1]
    assert (published.previous, published.evidence.basis) == ("bad", "logged decisions")
    assert setup.register.in_service() == published


def test_a_scorer_worse_than_the_callers_order_is_withdrawn(setup: RankingSetup) -> None:
    setup.put_in_service(trained_learner("chatstream"), "bad")
    setup.add_decisions(GOOD_ALERTS, callers_order=SHOWN[::-1])
    setup.publishing.judge_if_due(trained_learner("chatstream"), NOW)
    (withdrawn,) = setup.events(ScorerWithdrawn)
    assert withdrawn.version == "bad"
    assert "credibly worse than the caller's order" in withdrawn.reason
    assert setup.register.in_service() is None
    assert setup.publishing.in_service.current() is None

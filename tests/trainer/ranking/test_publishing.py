"""A candidate serves when the evidence says so, and every verdict is told with it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import ExperienceScored, ScorerKeptBack, ScorerPublished, ScorerWithdrawn
from ratchet.ranking import ScorerManifest, libraries, read_scorer

from .bench import AT_ONCE, POLICY, Bench, taught
from .judged_plans import (
    GOOD_ALERTS,
    GOOD_CHATSTREAM,
    HELD_OUT,
    LEARNT_FROM,
    SHOWN,
    answers,
    judged,
)

pytestmark = pytest.mark.heavy

NOW = 1_000.0


@pytest.fixture
def bench(engine: Engine, tmp_path: Path) -> Bench:
    return Bench(engine, tmp_path)


def misleading(count: int) -> list[ExperienceScored]:
    """What is good in questions that are learnt from is bad in those that are held out."""
    learnt = [judged(n, asked=LEARNT_FROM[n % len(LEARNT_FROM)]) for n in range(count)]
    held_out = [
        judged(1_000 + n, GOOD_CHATSTREAM, HELD_OUT[n % len(HELD_OUT)]) for n in range(count)
    ]
    return learnt + held_out


def test_nothing_is_judged_before_something_was_learnt(bench: Bench) -> None:
    bench.judge()
    bench.hear(judged(number, asked=asked) for number, asked in enumerate(HELD_OUT * 2))
    bench.judge()
    assert bench.publishing.weighed is None
    assert bench.told() == []


def test_with_too_little_evidence_it_is_kept_back_and_told_once_a_minute(bench: Bench) -> None:
    for number, seconds in enumerate((0, 10, 59, 61, 100)):
        bench.hear(answers(4, first=4 * number))
        bench.judge(NOW + seconds)
    first, second = bench.told()
    assert isinstance(first, ScorerKeptBack) and isinstance(second, ScorerKeptBack)
    assert (first.trained_on, second.trained_on) == (4, 16)
    assert first.evidence.basis == "nothing yet"
    assert "fewer than 100 logged decisions and fewer than 20 held-out plans" in first.reason


def test_another_kind_of_reason_is_told_at_once(bench: Bench) -> None:
    bench.hear(answers(4))
    bench.judge(NOW)
    bench.hear(misleading(60))
    bench.judge(NOW + 1)
    bases = [event.evidence.basis for event in bench.told(ScorerKeptBack)]
    assert bases == ["nothing yet", "held-out plans"]


def test_a_better_order_of_held_out_plans_is_published(bench: Bench) -> None:
    bench.hear(answers(150))
    bench.judge()
    (published,) = bench.told()
    assert isinstance(published, ScorerPublished)
    assert published.evidence.basis == "held-out plans"
    assert published.evidence.gains["caller"].low > 0
    assert (published.trained_on, published.previous) == (150, None)
    assert published.version == f"s150-{published.artifact.sha256[:8]}"
    assert bench.register.in_service() == published


def test_the_artifact_says_what_it_was_made_of(bench: Bench) -> None:
    bench.hear(answers(150))
    bench.judge()
    (published,) = bench.told(ScorerPublished)
    scorers, manifest = read_scorer(bench.artifacts.verified(published.artifact))
    assert manifest == ScorerManifest(
        embedding="hashing-768-1",
        policy=POLICY,
        trained_on=150,
        steps=bench.learner.progress.steps,
        seed=42,
        versions=libraries(),
    )
    assert (published.embedding, published.policy) == ("hashing-768-1", POLICY)
    assert published.parameters == scorers.low_rank.parameters == 28_193
    assert (scorers.low_rank.a == bench.learner.weights()["A.weight"]).all()


def test_the_next_one_names_the_one_before(bench: Bench) -> None:
    for number in range(2):
        bench.hear(answers(150, first=150 * number))
        bench.judge(NOW + number)
    first, second = bench.told(ScorerPublished)
    assert second.previous == first.version
    assert second.evidence.gains.keys() == {"in_service", "caller"}
    assert bench.register.in_service() == second


def test_it_is_judged_again_only_when_something_new_was_learnt(bench: Bench) -> None:
    bench.hear(answers(150))
    bench.judge(NOW)
    weighed = bench.publishing.weighed
    bench.judge(NOW + 1_000)
    assert bench.publishing.weighed is weighed
    bench.hear(answers(1, first=150))
    bench.judge(NOW + 2_000)
    assert bench.publishing.weighed is not weighed


def test_it_is_judged_no_more_often_than_the_rules_say(engine: Engine, tmp_path: Path) -> None:
    rules = AT_ONCE.model_copy(update={"every_s": 5, "kept_back_every_s": 30})
    bench = Bench(engine, tmp_path, rules)
    judged_on = []
    for number, seconds in enumerate((0, 29, 31, 35, 37)):
        bench.hear(answers(2 if number == 0 else 150, first=200 * number))
        bench.judge(NOW + seconds)
        judged_on.append(bench.publishing.verdict.reason)
    assert [at for at in range(1, 5) if judged_on[at] != judged_on[at - 1]] == [2, 4]


def test_a_candidate_that_orders_logged_decisions_worse_is_kept_back(bench: Bench) -> None:
    bench.serve(taught("alerts"), "good")
    bench.decide(GOOD_ALERTS)
    bench.publishing.judge_if_due(taught("chatstream"), NOW)
    (kept_back,) = bench.told(ScorerKeptBack)
    gain = kept_back.evidence.gains["in_service"]
    assert (kept_back.evidence.basis, gain.n) == ("logged decisions", 120)
    assert gain.high < 0
    assert f"the scorer in service: {gain.mean:+.3f} [{gain.low:+.3f}," in kept_back.reason
    assert [estimate.policy for estimate in kept_back.evidence.estimates] == [
        "candidate",
        "in_service",
        "caller",
    ]
    serving = bench.register.in_service()
    assert serving is not None and serving.version == "good"


def test_a_candidate_that_orders_logged_decisions_better_is_published(bench: Bench) -> None:
    bench.serve(taught("chatstream"), "bad")
    bench.decide(GOOD_ALERTS)
    bench.publishing.judge_if_due(taught("alerts"), NOW)
    published = bench.told(ScorerPublished)[-1]
    assert (published.previous, published.evidence.basis) == ("bad", "logged decisions")
    assert bench.register.in_service() == published


def test_what_is_worse_than_the_callers_order_is_withdrawn(bench: Bench) -> None:
    bench.serve(taught("chatstream"), "bad")
    bench.decide(GOOD_ALERTS, callers_order=SHOWN[::-1])
    bench.publishing.judge_if_due(taught("chatstream"), NOW)
    (withdrawn,) = bench.told(ScorerWithdrawn)
    assert withdrawn.version == "bad"
    assert "credibly worse than the caller's order" in withdrawn.reason
    assert bench.register.in_service() is None
    assert bench.publishing.in_service.now() is None

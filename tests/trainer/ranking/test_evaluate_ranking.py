"""`python -m trainer evaluate-ranking`: the evidence, without side effects."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ratchet.contract import Evidence
from ratchet_testing.deliveries import delivered
from trainer.__main__ import main
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.database import open_database

from .judged_plans import GOOD_ALERTS, answers, judged_plans
from .ranking_setup import RULES, OtherEmbedding, RankingSetup, trained_learner

pytestmark = pytest.mark.heavy

Evaluate = Callable[..., Result]


@pytest.fixture
def evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    monkeypatch.setenv("RATCHET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def evaluate(*options: str) -> Result:
        return CliRunner().invoke(main, ["evaluate-ranking", *options])

    return evaluate


def a_setup(data_dir: Path, **parts: OtherEmbedding) -> RankingSetup:
    return RankingSetup(open_database(data_dir / "trainer.db"), data_dir, **parts)


def content(data_dir: Path) -> list[str]:
    with sqlite3.connect(data_dir / "trainer.db") as connection:
        return list(connection.iterdump())


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    """A data directory with a scorer in service, 150 plans learned and 120 decisions logged."""
    setup = a_setup(tmp_path)
    setup.put_in_service(trained_learner("chatstream"), "bad")
    setup.learn(answers(150))
    setup.add_decisions(GOOD_ALERTS)
    return tmp_path


def test_a_missing_database_is_reported_with_the_remedy(evaluate: Evaluate, tmp_path: Path) -> None:
    result = evaluate()
    assert result.exit_code == 1
    expected = f"{tmp_path}/trainer.db does not exist. Set RATCHET_DATA_DIR"
    assert expected in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_untrained_scorer_is_reported(evaluate: Evaluate, tmp_path: Path) -> None:
    a_setup(tmp_path).store.add_scored(delivered(answers(3)))
    result = evaluate()
    assert result.exit_code == 1
    assert "No scorer has learned with the embedding hashing" in result.stderr


def test_a_state_of_another_embedding_is_not_evaluated(evaluate: Evaluate, tmp_path: Path) -> None:
    a_setup(tmp_path, embedding=OtherEmbedding()).learn(answers(150))
    result = evaluate()
    assert result.exit_code == 1
    assert "No scorer has learned with the embedding hashing" in result.stderr


def test_three_estimates_of_three_policies_are_printed(evaluate: Evaluate, serving: Path) -> None:
    result = evaluate()
    assert result.exit_code == 0
    for name in ("IPS", "SNIPS", "doubly robust"):
        assert name in result.stdout
    rows = [line for line in result.stdout.splitlines() if " of 120" in line]
    assert [" ".join(row.split()[1:3]) for row in rows] == ["candidate │", "in service", "caller │"]
    assert all(row.count("[") == 3 for row in rows)
    assert "basis: logged decisions" in result.stdout
    assert "attention from the top down: 1.00, " in result.stdout
    assert "verdict: publish, at least as good on logged decisions" in result.stdout


def test_the_json_output_is_the_evidence_of_the_event(evaluate: Evaluate, serving: Path) -> None:
    result = evaluate("--json")
    assert result.exit_code == 0
    evidence = Evidence.model_validate_json(result.stdout)
    assert [estimate.policy for estimate in evidence.estimates] == [
        "candidate",
        "in_service",
        "caller",
    ]
    assert {estimate.dr.n for estimate in evidence.estimates} == {120}
    assert evidence.gains["in_service"].low > 0
    assert evaluate("--json").stdout == result.stdout


def test_it_agrees_with_the_trainers_evaluation(evaluate: Evaluate, serving: Path) -> None:
    evidence = Evidence.model_validate_json(evaluate("--json").stdout)
    setup = a_setup(serving).resume()
    setup.publishing.policy = setup.publishing.policy.model_validate({})
    setup.judge()
    assert setup.publishing.evaluation is not None
    assert setup.publishing.evaluation.evidence == evidence


def test_before_decisions_are_logged_held_out_plans_decide(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    a_setup(tmp_path).learn(answers(150))
    result = evaluate()
    assert result.exit_code == 0
    assert "basis: held-out plans" in result.stdout
    evidence = Evidence.model_validate_json(evaluate("--json").stdout)
    assert evidence.gains.keys() == {"caller"}


def test_a_scorer_of_another_embedding_does_not_count_as_in_service(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    other = ScorerLearner(RULES, OtherEmbedding())
    other.learn(judged_plans(5))
    setup = a_setup(tmp_path)
    setup.put_in_service(other, "foreign")
    setup.learn(answers(150))
    evidence = Evidence.model_validate_json(evaluate("--json").stdout)
    assert evidence.gains.keys() == {"caller"}


def test_the_data_directory_is_unchanged(evaluate: Evaluate, serving: Path) -> None:
    before = content(serving)
    files = sorted(path for path in (serving / "artifacts").rglob("*"))
    evaluate()
    evaluate("--json")
    assert content(serving) == before
    assert sorted(path for path in (serving / "artifacts").rglob("*")) == files

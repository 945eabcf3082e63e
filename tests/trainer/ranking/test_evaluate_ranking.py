"""`python -m trainer evaluate-ranking`: what the scorers would be worth, and nothing is changed."""

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

from .bench import RULES, Bench, OtherEmbedding, taught
from .judged_plans import GOOD_ALERTS, answers, judged_plans

pytestmark = pytest.mark.heavy

Evaluate = Callable[..., Result]


@pytest.fixture
def evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    monkeypatch.setenv("RATCHET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def evaluate(*options: str) -> Result:
        return CliRunner().invoke(main, ["evaluate-ranking", *options])

    return evaluate


def a_bench(data_dir: Path, **parts: OtherEmbedding) -> Bench:
    return Bench(open_database(data_dir / "trainer.db"), data_dir, **parts)


def content(data_dir: Path) -> list[str]:
    with sqlite3.connect(data_dir / "trainer.db") as connection:
        return list(connection.iterdump())


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    """A data directory with a scorer in service, 150 plans learnt and 120 decisions logged."""
    bench = a_bench(tmp_path)
    bench.serve(taught("chatstream"), "bad")
    bench.hear(answers(150))
    bench.decide(GOOD_ALERTS)
    return tmp_path


def test_without_data_it_says_where_to_look(evaluate: Evaluate, tmp_path: Path) -> None:
    result = evaluate()
    assert result.exit_code == 1
    expected = f"no {tmp_path}/trainer.db: set RATCHET_DATA_DIR to where the system runs"
    assert expected in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_before_anything_was_learnt_it_says_so(evaluate: Evaluate, tmp_path: Path) -> None:
    a_bench(tmp_path).store.keep_scored(delivered(answers(3)))
    result = evaluate()
    assert result.exit_code == 1
    assert "nothing has been learnt yet with hashing" in result.stderr


def test_what_another_embedding_taught_is_not_judged(evaluate: Evaluate, tmp_path: Path) -> None:
    a_bench(tmp_path, embedding=OtherEmbedding()).hear(answers(150))
    result = evaluate()
    assert result.exit_code == 1
    assert "nothing has been learnt yet with hashing" in result.stderr


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


def test_as_json_it_is_the_evidence_of_the_event(evaluate: Evaluate, serving: Path) -> None:
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


def test_it_agrees_with_what_the_trainer_judges_by(evaluate: Evaluate, serving: Path) -> None:
    evidence = Evidence.model_validate_json(evaluate("--json").stdout)
    bench = a_bench(serving).resume()
    bench.publishing.policy = bench.publishing.policy.model_validate({})
    bench.judge()
    assert bench.publishing.weighed is not None
    assert bench.publishing.weighed.evidence == evidence


def test_before_decisions_are_logged_held_out_plans_decide(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    a_bench(tmp_path).hear(answers(150))
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
    bench = a_bench(tmp_path)
    bench.serve(other, "foreign")
    bench.hear(answers(150))
    evidence = Evidence.model_validate_json(evaluate("--json").stdout)
    assert evidence.gains.keys() == {"caller"}


def test_nothing_is_changed(evaluate: Evaluate, serving: Path) -> None:
    before = content(serving)
    files = sorted(path for path in (serving / "artifacts").rglob("*"))
    evaluate()
    evaluate("--json")
    assert content(serving) == before
    assert sorted(path for path in (serving / "artifacts").rglob("*")) == files

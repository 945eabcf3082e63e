"""`python -m reward score|examples FILE`: the same rewards and examples without Redis."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ratchet.contract import EXAMPLES
from ratchet_testing.legacy.population import population
from reward.__main__ import main
from reward.domain.scoring.weights import RewardWeights


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(scope="module")
def buffer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("offline") / "experience_buffer.json"
    path.write_text(json.dumps(population(1)))
    return path


@pytest.fixture(scope="module")
def examples(buffer: Path) -> list[Any]:
    lines = run("examples", str(buffer)).stdout.splitlines()
    return [EXAMPLES.adapter.validate_json(line) for line in lines]


def test_every_row_of_a_population_is_scored(buffer: Path):
    result = run("score", str(buffer))
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    sent = [row["query_id"] for row in json.loads(buffer.read_text())["experiences"]]
    assert [line["query_id"] for line in lines] == sent
    assert len(lines) == 844
    for line in lines:
        assert set(line["components"]) == set(RewardWeights.model_fields)
        assert line["total"] == pytest.approx(
            max(-2, min(2, sum(line["components"].values()))), abs=1e-9
        )
    assert "844 rows read, 0 refused" in result.stderr
    assert "73 rows repaired: widget_plan: missing" in result.stderr


def test_a_score_line_has_the_documented_keys(buffer: Path):
    line = json.loads(run("score", str(buffer)).stdout.splitlines()[0])
    assert list(line) == [
        "query_id",
        "total",
        "components",
        "widget_reward",
        "voice_reward",
        "voice_response_rating",
        "text_quality",
        "settings_hash",
        "warnings",
    ]


def test_a_population_makes_pairs_and_labels(examples: list[Any], buffer: Path):
    questions = {
        row["query_id"]: (
            row["transcript"].lower().split(),
            sorted(row["parsed_intent"]["entities"]["devices"]),
        )
        for row in json.loads(buffer.read_text())["experiences"]
    }
    pairs = [example for example in examples if example.type == "PairBuilt"]
    labels = [example for example in examples if example.type == "LabelBuilt"]
    assert len(pairs) >= 100
    assert len(labels) >= 500
    for pair in pairs:
        texts = [questions[source.query_id] for source in pair.sources]
        assert texts == texts[:1] * len(texts)
        assert pair.chosen != pair.rejected
        assert pair.gap > 0
        assert pair.rule == "repaired_plan" or pair.gap >= 0.3
    assert {"repaired_plan", "same_question"} == {pair.rule for pair in pairs}


def test_no_example_is_listed_twice(examples: list[Any]):
    content = [
        (e.type, e.aspect, e.prompt, getattr(e, "answer", None) or (e.chosen, e.rejected))
        for e in examples
    ]
    assert len(content) == len(set(content))


@pytest.mark.parametrize("command", ["score", "examples"])
def test_json_lines_and_a_json_array_have_the_same_result(
    buffer: Path, tmp_path: Path, command: str
):
    rows = json.loads(buffer.read_text())["experiences"]
    lines = tmp_path / "rows.jsonl"
    lines.write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "out.jsonl"
    assert run(command, str(lines), "--out", str(out)).exit_code == 0
    assert out.read_text() == run(command, str(buffer)).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["nowhere.json"], "nowhere.json"), (["x", "--zone", "Mars"], "Mars")],
)
def test_an_unreadable_file_is_a_usage_error(arguments: list[str], message: str):
    result = run("score", *arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_rejected_line_is_reported_and_the_others_are_scored(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    row = {"query_id": "q-1", "timestamp": "2026-01-20T08:00:00", "user_rating": "up"}
    path.write_text("{ broken\n" + json.dumps(row) + "\n")
    result = run("score", str(path))
    assert "row 1 refused: malformed JSON" in result.stderr
    assert [json.loads(line)["query_id"] for line in result.stdout.splitlines()] == ["q-1"]

"""`python -m exporter answer`: a model file answers, and its answer is checked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from exporter.__main__ import main

from ..trained_model import TrainedModel

pytestmark = pytest.mark.heavy

QUESTION = "What is the power of pump 003?"
TRUE = "The power of pump 003 is 45 kW."
Ask = Callable[..., Result]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """The command with a model that gives one answer, whatever the prompt."""
    file = tmp_path / "model.gguf"
    file.touch()

    def ask(answer: str, *options: str, question: str = QUESTION) -> Result:
        monkeypatch.setattr("exporter.cli.answering._answer", lambda gguf, prompt: answer)
        reading = ["--reading", "pump 003 power: 45 kW"]
        return CliRunner().invoke(main, ["answer", str(file), question, *reading, *options])

    return ask


def test_a_model_file_answers_the_prompt_that_it_is_trained_on(trained: TrainedModel):
    reading = "pump 003 power: 45 kW"
    asked = ["answer", str(trained.gguf), QUESTION, "--reading", reading, "--json"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    shown = json.loads(result.output)
    assert shown["answer"]
    assert shown["spoken"] == (shown["answer"] if shown["verdict"] == "true" else TRUE)


def test_a_true_answer_is_spoken_as_it_is(ask: Ask):
    assert ask(TRUE).output.splitlines() == [f"answer:  {TRUE}", "verdict: true"]


def test_another_answer_is_shown_with_the_sentence_of_the_readings(ask: Ask):
    shown = ask("Pump 003 draws 54 kW.").output.splitlines()
    assert shown[1:] == ["verdict: wrong value", f"instead: {TRUE}"]


def test_a_reading_that_is_none_is_refused_with_an_example(ask: Ask):
    result = ask(TRUE, "--reading", "much power")
    assert result.exit_code == 1
    assert "pump 001 power: 45 kW" in result.output


def test_a_file_that_is_no_model_is_refused(tmp_path: Path):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"no model")
    result = CliRunner().invoke(main, ["answer", str(file), QUESTION])
    assert result.exit_code == 1
    assert "llama.cpp cannot open the file" in result.output

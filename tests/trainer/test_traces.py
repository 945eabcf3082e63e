"""What a trace demonstrates, and that answers are never taught where thoughts are asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ratchet.contract import Question, TraceCaptured
from trainer.domain.examples.traces import demonstration_of, samples_of
from trainer.domain.examples.training_example import TrainingDemonstration

NOW = datetime(2026, 2, 8, tzinfo=UTC)
QUESTION = Question(key="k", text="What is the power of pump 001?", intent="query")
PROMPT = "User question: What is the power of pump 001?\nResponse:"
ANSWER = "Pump 001 draws 45 kW right now."
THINKING = "The operator asks for one reading, which the prompt gives as 45 kW for pump 001."


def trace(**changes: Any) -> TraceCaptured:
    told = {"prompt": PROMPT, "answer": ANSWER, "thinking": THINKING, **changes}
    return TraceCaptured(
        event_id="trace-event-1", occurred_at=NOW, trace_id="t-1", question=QUESTION, **told
    )


def shown(**changes: Any) -> TrainingDemonstration:
    found = demonstration_of(trace(**changes))
    assert found is not None
    return found


def test_a_trace_is_a_demonstration_of_the_voice():
    assert shown() == TrainingDemonstration(
        example_id="t-1",
        revision=1,
        aspect="voice",
        rule="trace",
        question=QUESTION,
        prompt=PROMPT,
        at=NOW,
        answer=ANSWER,
        thinking=THINKING,
    )


@pytest.mark.parametrize(("length", "kept"), [(19, False), (20, True)])
def test_an_answer_too_short_shows_nothing(length: int, kept: bool):
    assert (demonstration_of(trace(answer="x" * length)) is not None) == kept
    assert (demonstration_of(trace(answer="x" * length + " " * 30)) is not None) == kept


@pytest.mark.parametrize(("length", "kept"), [(0, False), (49, False), (50, True)])
def test_thoughts_too_short_are_left_out(length: int, kept: bool):
    assert shown(thinking="x" * length).thinking == ("x" * length if kept else "")
    assert shown(thinking=" " * 60).thinking == ""


def test_with_thoughts_there_are_three_samples():
    thoughts, answered, both = samples_of(shown())
    assert thoughts == (f"{PROMPT}\nThink first:", THINKING)
    assert answered == (PROMPT, ANSWER)
    assert both == (f"{PROMPT}\nThink first:\n{THINKING}\nResponse:", ANSWER)


def test_without_thoughts_there_is_one_sample():
    assert samples_of(shown(thinking="")) == ((PROMPT, ANSWER),)


def test_no_two_samples_answer_one_prompt_differently():
    prompts = [prompt for prompt, _ in samples_of(shown())]
    assert len(set(prompts)) == len(prompts)

"""Traces as demonstrations; prompts for thoughts and for answers differ."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ratchet.contract import Question, TraceCaptured, one_turn
from trainer.domain.examples.training_example import samples_of

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


def test_a_trace_is_a_demonstration_for_the_voice_aspect():
    event = trace()
    assert event.is_demonstration
    assert (event.example_id, event.revision, event.aspect) == ("t-1", 1, "voice")
    assert event.key == (QUESTION.key, "voice")
    assert event.answers == (ANSWER,)
    assert event.users == ()


@pytest.mark.parametrize(("length", "kept"), [(19, False), (20, True)])
def test_an_answer_too_short_is_no_demonstration(length: int, kept: bool):
    assert trace(answer="x" * length).is_demonstration == kept
    assert trace(answer="x" * length + " " * 30).is_demonstration == kept


@pytest.mark.parametrize(("length", "kept"), [(0, False), (49, False), (50, True)])
def test_thoughts_too_short_are_left_out(length: int, kept: bool):
    assert trace(thinking="x" * length).thoughts == ("x" * length if kept else "")
    assert trace(thinking=" " * 60).thoughts == ""


def test_with_thoughts_there_are_three_samples():
    thoughts, answered, both = samples_of(trace())
    assert thoughts == (one_turn(f"{PROMPT}\nThink first:"), THINKING)
    assert answered == (one_turn(PROMPT), ANSWER)
    assert both == (one_turn(f"{PROMPT}\nThink first:\n{THINKING}\nResponse:"), ANSWER)


def test_without_thoughts_there_is_one_sample():
    assert samples_of(trace(thinking="")) == ((one_turn(PROMPT), ANSWER),)


def test_no_two_samples_answer_one_prompt_differently():
    prompts = [prompt for prompt, _ in samples_of(trace())]
    assert len(set(prompts)) == len(prompts)

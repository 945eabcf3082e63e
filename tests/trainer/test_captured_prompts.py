"""Which prompts of recorded calls a shadow may ask."""

import pytest

from ratchet.contract import ChatMessage, one_turn, prompt_of
from ratchet_truth import judge
from trainer.domain.evaluation.answer_truth import truth_scores
from trainer.domain.shadow.captured_prompt import (
    CapturedPrompt,
    asked_situation,
    captured_prompt,
    is_sampled,
    untaught,
)
from trainer.domain.shadow.shadow_answers import shadow_cases

from .captured_calls import SYSTEM, asked, call, prompts


def test_a_share_of_the_calls_is_drawn_by_their_ids():
    ids = [f"call-{number}" for number in range(2_000)]
    drawn = [call_id for call_id in ids if is_sampled(call_id, 0.1)]
    assert 150 < len(drawn) < 250
    assert drawn == [call_id for call_id in ids if is_sampled(call_id, 0.1)]
    assert set(drawn) < {call_id for call_id in ids if is_sampled(call_id, 0.3)}
    assert not any(is_sampled(call_id, 0.0) for call_id in ids)
    assert all(is_sampled(call_id, 1.0) for call_id in ids)


def test_the_gateway_draws_by_another_hash():
    from gateway.domain.sampling import is_captured

    recorded = [f"call-{n}" for n in range(4_000) if is_captured(f"call-{n}", 0.1)]
    drawn = [call_id for call_id in recorded if is_sampled(call_id, 0.1)]
    assert 0 < len(drawn) < len(recorded) / 4


def test_the_messages_are_captured_as_they_were_sent():
    one = call(1, query_id="query-1")
    assert captured_prompt(one) == CapturedPrompt(
        call_id="call-1", query_id="query-1", messages=one.messages
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"fault": "broken"},
        {"fault": "prompt_cut"},
        {"fault": "refused"},
        {"finish_reason": "length"},
        {"text": ""},
        {"tool_calls": ({"name": "lookup"},)},
        {"text": '{"heading": "Pump 001", "widgets": []}'},
        {"messages": (SYSTEM,)},
        {"messages": ()},
        {"messages": one_turn("What is the power of pump 001?")},
        {"messages": one_turn(f"{asked(1)}\nAre all pumps fine?")},
        {"messages": one_turn("x" * 20_000 + asked(1))},
    ],
    ids=[
        *("a broken answer", "a cut prompt", "a refused call", "a cut answer", "no answer"),
        *("a call of a tool", "a plan", "no user", "no message", "no readings"),
        *("no device or metric is asked", "too long to be an example"),
    ],
)
def test_what_does_not_teach_or_cannot_be_judged_is_not_captured(changed):
    assert captured_prompt(call(1)) is not None
    assert captured_prompt(call(1, **changed)) is None


def test_a_prompt_is_judged_as_the_gateway_judges_it():
    """A later reading replaces an earlier one, and answers are no source of readings."""
    messages = (
        *one_turn("- pump 001 power: 40 kW\nWhat is the power of pump 001?"),
        ChatMessage(role="assistant", content="- pump 001 speed: 77 rpm"),
        *one_turn("- pump 001 power: 45 kW\nAnd now? What is the power of pump 001?"),
    )
    [case] = shadow_cases([CapturedPrompt(call_id="c", messages=messages)], lambda _: "en")
    assert case.turns == messages
    assert case.situation == asked_situation(messages)
    assert truth_scores(case, "Pump 001 draws 45 kW.")["untrue"] == 0
    assert truth_scores(case, "Pump 001 draws 40 kW.")["untrue"] == 1
    assert truth_scores(case, "Pump 001 runs at 77 rpm.")["invented"] == 1
    assert judge("Pump 001 draws 45 kW.", case.situation).is_true


def test_a_prompt_whose_question_is_no_longer_understood_is_no_case():
    unread = CapturedPrompt(call_id="c", messages=one_turn("How are you?"))
    assert shadow_cases([unread, *prompts(1)], lambda _: "en") == shadow_cases(
        prompts(1), lambda _: "en"
    )


def test_what_a_run_trains_on_is_left_out():
    one, two, three, four = prompts(4)
    two = two.model_copy(update={"query_id": "query-2"})
    left = untaught([one, two, three, four], {prompt_of(one.messages)}, {"query-2", "call-2"})
    assert left == (four,)


def test_a_prompt_that_was_served_twice_is_asked_once():
    one, two = prompts(2)
    again = one.model_copy(update={"call_id": "call-again"})
    assert untaught([one, two, again], (), ()) == (one, two)

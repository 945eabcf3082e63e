"""The judgment of an answer, and its texts in each response form, without a server."""

import pytest

from gateway.domain.answers.answer import ServedAnswer
from gateway.domain.checks.judged_answer import judged_answer
from gateway.domain.checks.judged_text import judged
from gateway.domain.checks.whole_answers import is_checked_whole, once_more, texts_of, with_texts
from gateway.domain.model_version import ServedModel
from gateway.domain.recorded_call import CallTimes, call_served
from gateway.domain.redaction import read_rules
from gateway.domain.served_request import read_request
from ratchet.contract import CallCheck, ChatMessage, utc_now
from ratchet.measures import situation_of_chat

READINGS = "Readings:\n- pump 023 power: 28.1 kW\n- pump 024 power: 31 kW"
QUESTION = "What is the power of pump 023?"
TRUE, UNTRUE = "The power of pump 023 is 28.1 kW.", "The power of pump 023 is 82.1 kW."


def asked(*contents: tuple[str, str]) -> tuple[ChatMessage, ...]:
    return tuple(ChatMessage(role=role, content=content) for role, content in contents)


CHAT = asked(("system", f"You answer operators.\n{READINGS}"), ("user", QUESTION))


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (TRUE, "true"),
        ("It draws 28.1 kilowatts.", "true"),
        (UNTRUE, "untrue"),
        ("The power of pump 024 is 31 kW.", "untrue"),
        ("I do not know.", "undecided"),
        ("", "undecided"),
        ('{"widgets": [{"value": 82.1}]}', "undecided"),
        (f"<think>Is it 82.1 kW?</think>{TRUE}", "true"),
    ],
)
def test_an_answer_is_true_untrue_or_undecided(text: str, outcome: str):
    assert judged(text, situation_of_chat(CHAT)).outcome == outcome


def test_a_fault_quotes_the_answer_and_names_the_reading():
    found = judged(UNTRUE, situation_of_chat(CHAT))
    assert found.faults == ("wrong_value: 82.1 kW; pump 023 power: 28.1 kW",)
    assert found.sentence == TRUE


@pytest.mark.parametrize(
    "messages",
    [
        asked(("user", QUESTION)),
        asked(("assistant", READINGS), ("user", QUESTION)),
        asked(("user", f"{READINGS}\n{'x' * 200_000}\n{QUESTION}")),
    ],
    ids=["no reading", "only the model's own", "a prompt that is too long to judge"],
)
def test_without_readings_nothing_is_decided(messages: tuple[ChatMessage, ...]):
    assert situation_of_chat(messages) is None
    assert judged(UNTRUE, None).outcome == "undecided"


@pytest.mark.parametrize(
    "prompt",
    [
        f"{READINGS}\nUser question: {QUESTION}\nResponse:",
        f"{READINGS}\n\n{QUESTION}",
        f"{QUESTION}\n\n{READINGS}",
    ],
    ids=["marked", "last", "first"],
)
def test_the_question_is_found_beside_the_readings(prompt: str):
    situation = situation_of_chat(asked(("user", prompt)))
    assert [judged(text, situation).outcome for text in (TRUE, UNTRUE)] == ["true", "untrue"]
    assert judged(UNTRUE, situation).sentence == TRUE


def test_a_later_reading_replaces_an_earlier_one():
    later = ("user", f"Readings:\n- pump 023 power: 50 kW\n{QUESTION}")
    situation = situation_of_chat((*CHAT, *asked(("assistant", TRUE), later)))
    assert judged(TRUE, situation).outcome == "untrue"
    assert judged("The power of pump 023 is 50 kW.", situation).outcome == "true"


def chat(text: str) -> dict[str, object]:
    return {"model": "m", "message": {"role": "assistant", "content": text}, "done": True}


def choices(*texts: str) -> dict[str, object]:
    made = [{"index": n, "message": {"content": text}} for n, text in enumerate(texts)]
    return {"id": "chatcmpl-1", "choices": made, "usage": {"total_tokens": 9}}


FORMS = {
    "/api/chat": chat("a"),
    "/api/generate": {"response": "a", "context": [1, 2], "done": True},
    "/v1/chat/completions": choices("a"),
    "/v1/completions": {"choices": [{"text": "a", "logprobs": {"tokens": ["a"]}}]},
}


@pytest.mark.parametrize("path", FORMS)
def test_a_text_is_replaced_in_its_own_form(path: str):
    changed = with_texts(path, FORMS[path], ["b"])
    assert (texts_of(path, FORMS[path]), texts_of(path, changed)) == (["a"], ["b"])
    assert not {"context", "logprobs"} & {*changed, *changed.get("choices", [{}])[0]}
    assert changed.keys() | {"context"} == FORMS[path].keys() | {"context"}


def test_an_answer_that_calls_a_tool_has_no_text_to_judge():
    called = {"message": {"content": UNTRUE, "tool_calls": [{"function": {"name": "f"}}]}}
    assert texts_of("/api/chat", called) == []


def test_only_untrue_choices_are_corrected():
    situation = situation_of_chat(CHAT)
    answer = judged_answer("/v1/chat/completions", choices(TRUE, UNTRUE, "Hm."), situation)
    assert (answer.outcome, answer.untrue_texts) == ("untrue", (UNTRUE,))
    assert answer.corrected("-").texts == (TRUE, TRUE, "Hm.")


def test_without_a_sentence_the_text_of_the_setting_is_sent():
    situation = situation_of_chat(asked(("system", READINGS), ("user", "Is all well?")))
    answer = judged_answer("/api/chat", chat("Pump 023 draws 82.1 kW."), situation)
    assert answer.outcome == "untrue"
    corrected = answer.corrected("Look at the readings.")
    assert (corrected.texts, corrected.outcome) == (("Look at the readings.",), "undecided")


@pytest.mark.parametrize(
    ("path", "request_", "whole"),
    [
        ("/api/chat", {"stream": False}, True),
        ("/api/chat", {}, False),
        ("/api/generate", {"stream": False, "format": "json"}, False),
        ("/v1/chat/completions", {}, True),
        ("/v1/chat/completions", {"stream": True}, False),
        ("/v1/chat/completions", {"response_format": {"type": "json_object"}}, False),
    ],
)
def test_streams_and_formats_are_not_held(path: str, request_: dict[str, object], whole: bool):
    assert is_checked_whole(path, request_) is whole


def test_the_second_request_differs_in_seed_and_temperature_alone():
    cold = {"model": "m", "options": {"temperature": 0, "num_ctx": 64, "seed": 7}}
    assert once_more("/api/chat", cold) == {
        "model": "m",
        "options": {"temperature": 0.5, "num_ctx": 64, "seed": 8},
    }
    warm = {"model": "m", "temperature": 0.8}
    assert once_more("/v1/completions", warm) == {**warm, "seed": 1}
    assert cold["options"] == {"temperature": 0, "num_ctx": 64, "seed": 7}


def test_what_the_site_redacts_is_redacted_in_the_check_too():
    redaction = read_rules({"badge": {"pattern": r"OP-\d+"}})
    check = CallCheck(outcome="true", faults=("invented: OP-1",), held=("Ask OP-2.",))
    request = read_request("/api/chat", {"messages": [{"role": "user", "content": "Hi"}]}, {})
    assert request is not None
    times = CallTimes(utc_now(), None, 0.1)
    call = call_served(
        "c", request, ServedAnswer(), 200, True, ServedModel(), times, redaction, False, check
    )
    assert call.check == CallCheck(
        outcome="true", faults=("invented: [badge]",), held=("Ask [badge].",)
    )

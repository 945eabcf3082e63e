"""Thinking is separated from the answer, in every format that models write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_text import split_thinking

ANSWER = "Pump 001 draws 45 kW right now."
THINKING = "The prompt gives 45 kW for pump 001."


@pytest.mark.parametrize(
    "text",
    [
        f"<think>{THINKING}</think>{ANSWER}",
        f"\n <think>\n{THINKING}\n</think>\n\n{ANSWER}",
        f"{THINKING}\n</think>\n{ANSWER}",
        f"<THINK>{THINKING}</Think>{ANSWER}",
        f"< think >{THINKING}</ think >{ANSWER}",
        f"<think >{THINKING}< /think>{ANSWER}",
        f'<think lang="en">{THINKING}</think>{ANSWER}',
        f"<think/><think>{THINKING}</think>{ANSWER}",
        f"<thinking>{THINKING}</thinking>{ANSWER}",
        f"<antThinking>{THINKING}</antThinking>{ANSWER}",
        f"<thought>{THINKING}</thought>{ANSWER}",
        f"<reasoning>{THINKING}</reasoning>\n<answer>{ANSWER}</answer>",
        f"<reflection>{THINKING}</reflection>{ANSWER}",
        f"<deep_think>{THINKING}</deep_think>{ANSWER}",
        f"<internal_monologue>{THINKING}</internal_monologue>{ANSWER}",
        f"<chain_of_thought>{THINKING}</chain_of_thought>{ANSWER}",
        f"<cot>{THINKING}</cot>{ANSWER}",
        f"<scratchpad>{THINKING}</scratchpad>{ANSWER}",
        f"<seed:think>{THINKING}</seed:think>{ANSWER}",
        f"&lt;think&gt;{THINKING}&lt;/think&gt;{ANSWER}",
        f"<|begin_of_thought|>{THINKING}<|end_of_thought|>"
        f"<|begin_of_solution|>{ANSWER}<|end_of_solution|>",
        f"<|START_THINKING|>{THINKING}<|END_THINKING|><|START_RESPONSE|>{ANSWER}<|END_RESPONSE|>",
        f"[THINK]{THINKING}[/THINK]{ANSWER}",
        f"◁think▷{THINKING}◁/think▷{ANSWER}",
        f"<|channel|>analysis<|message|>{THINKING}<|end|><|start|>assistant"
        f"<|channel|>final<|message|>{ANSWER}<|return|>",
        f"<|channel|>analysis<|message|>{THINKING}<|channel|>final<|message|>{ANSWER}",
        f"<|channel>thought\n{THINKING}<channel|>{ANSWER}",
    ],
)
def test_thinking_is_separated_from_the_answer(text: str):
    assert split_thinking(text) == (THINKING, ANSWER)


@pytest.mark.parametrize(
    ("text", "thinking"),
    [
        (f"<think>{THINKING}", THINKING),
        (f"<think>{THINKING}</think>", THINKING),
        (f"<think><think>{THINKING}</think>", THINKING),
        (f"<|channel|>analysis<|message|>{THINKING}<|end|>", THINKING),
        (f"<|channel>thought {THINKING}", THINKING),
        (f"{THINKING}</think>", THINKING),
        ("</think>", ""),
    ],
)
def test_thinking_without_an_answer_gives_an_empty_answer(text: str, thinking: str):
    assert split_thinking(text) == (thinking, "")


def test_nested_repeated_and_late_thinking_is_separated():
    nested = f"<think>a<think>b</think>c</think>{ANSWER}"
    assert split_thinking(nested) == ("a\nb\nc", ANSWER)
    assert split_thinking(f"<think>a</think>{ANSWER}<think>b</think>") == ("a\nb", ANSWER)
    assert split_thinking(f"{ANSWER}\n<think>and then") == ("and then", ANSWER)
    assert split_thinking(f"a</think>b</think>{ANSWER}") == ("a\nb", ANSWER)


def test_channels_are_separated_if_the_server_drops_their_marks():
    assert split_thinking(f"analysis{THINKING}assistantfinal{ANSWER}")[1] == ANSWER


@pytest.mark.parametrize(
    "text",
    [ANSWER, "", " \n", "I think <5 kW is fine, for a reason> 3.", "The analysis says 45 kW."],
)
def test_an_answer_without_marks_is_unchanged(text: str):
    assert split_thinking(text) == ("", text)


@pytest.mark.parametrize("text", ["< " * 50_000, "<" + " " * 99_999, "<think" * 16_000])
def test_a_text_of_100_kb_is_read_in_linear_time(text: str):
    assert len("".join(split_thinking(text))) <= 100_000


@given(st.text(max_size=30), st.sampled_from(["think", "Thinking", "REASONING", "thought"]))
def test_thinking_never_reaches_the_answer(thought: str, name: str):
    _, answer = split_thinking(f"<{name}>{thought}</{name}>{ANSWER}")
    assert answer.endswith(ANSWER) or not answer
    assert split_thinking(answer) == ("", answer)

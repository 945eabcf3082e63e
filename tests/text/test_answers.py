"""Some texts are no answers that a model may learn from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_text import control_token, is_blank, visible_text, was_cut_off

ANSWER = "Pump 001 draws 45 kW right now."


@pytest.mark.parametrize(
    "token",
    [
        "<|im_end|>", "<|im_start|>", "<|eot_id|>", "<|start_header_id|>", "<|endoftext|>",
        "<|end|>", "<|user|>", "<|begin_of_text|>", "<|channel|>", "<|END_OF_TURN_TOKEN|>",
        "<｜end▁of▁sentence｜>", "<s>", "</s>", "<bos>", "<eos>", "<pad>", "<start_of_turn>",
        "<end_of_turn>", "[INST]", "[/INST]", "[TOOL_CALLS]", "<<SYS>>", "<</SYS>>", "<unused7>",
        "<|turn>", "<turn|>", "<tool_call>", "</tool_call>", "<function_call>", "[gMASK]", "<sop>",
        "[BOS]", "[EOS]", "[|endofturn|]", "<end_of_utterance>", "<fim_middle>", "[extra_id_1]",
    ],
)  # fmt: skip
def test_a_control_token_is_found_anywhere(token: str):
    assert control_token(f"{ANSWER}{token}\nuser") == token
    assert control_token(token) == token


@pytest.mark.parametrize(
    "text",
    [ANSWER, "", "|x| < 5 and y > 3", "<im_end>", "<| |>", "<||>", "[4] <b>45</b> [inst]"],
)
def test_other_text_has_no_control_token(text: str):
    assert control_token(text) is None


@pytest.mark.parametrize(
    "text",
    ["", " \n\t", "\u200b\u200d\ufeff", "\u3164", "\u2800 \u115f", "\x00\x07", "... !", "—", "👍"],
)
def test_a_text_without_a_visible_letter_or_digit_is_blank(text: str):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["45", "ja", "泵", "पंप", "٤٥", "½", "a\u200b"])
def test_a_text_with_a_letter_or_digit_of_any_script_is_not_blank(text: str):
    assert not is_blank(text)


@pytest.mark.parametrize(
    "other",
    [
        f"{ANSWER} \n",
        f"\u200b{ANSWER}\ufeff",
        ANSWER.replace(" ", "  "),
        ANSWER.replace(" kW", "\u202fkW"),
        ANSWER.replace("45", "４５"),
        ANSWER.replace("kW", "k\u00adW"),
        ANSWER.replace(" ", "\r\n"),
        f"<think>one reading</think>\n{ANSWER}",
        f"<thi\u200bnk>one reading</think>\n{ANSWER}",
    ],
)
def test_answers_that_look_equal_are_equal(other: str):
    assert visible_text(other) == visible_text(ANSWER)


@pytest.mark.parametrize(
    ("one", "other"),
    [("10² bar", "102 bar"), ("45 kW", "45 kW."), ("45 kW", "45 KW"), ("x₁", "x1"), ("1½", "11⁄2")],
)
def test_answers_that_look_different_are_different(one: str, other: str):
    assert visible_text(one) != visible_text(other)


@given(st.text(max_size=40))
def test_the_visible_text_of_a_visible_text_is_itself(text: str):
    assert visible_text(visible_text(text)) == visible_text(text)


@pytest.mark.parametrize(
    "reason",
    [
        "length", "max_tokens", "MAX_TOKENS", "max-tokens", "maxTokens", "content_filter",
        "max_output_tokens", "model_context_window_exceeded", "limit", "incomplete", "abort",
        "FinishReason.MAX_TOKENS", "num_predict", "length_limit", "ERROR_TOXIC",
        "PROHIBITED_CONTENT", "tool_calls", "pause_turn", "guardrail_intervened",
        "network_error", "load", "OTHER",
    ],
)  # fmt: skip
def test_these_stop_reasons_mean_a_cut_off_answer(reason: str):
    assert was_cut_off(reason)


@pytest.mark.parametrize(
    "reason",
    ["", "stop", "success", "end_turn", "eos", "stop_sequence", "FinishReason.STOP", "EOS_TOKEN"],
)
def test_these_stop_reasons_mean_a_whole_answer(reason: str):
    assert not was_cut_off(reason)

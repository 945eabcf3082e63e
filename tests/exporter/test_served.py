"""Whether a server serves the trained model, and the name of the fault if it does not."""

from typing import Any

import pytest

from exporter.domain.parity.answers import AnswerToken, ReferenceAnswer, ServerAnswer
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.parity.served import ExpectedAnswers, compare_answers, nearer, template_fault
from ratchet.contract import ServedFault, ServedParity

from .tokens import token

STOP = ("<|im_start|>", "<|im_end|>")
WORDS = ("Pump", " 3", " runs", " at", " 1450", " rpm", ".")
PLAN = ('{"heading":"Power","widgets":', '[{"scenario":"kpi","size":"hero"}]', "}")
CHAT = "<|im_start|>user\nIs pump 3 running?<|im_end|>\n<|im_start|>assistant\n"


def reference(*words: str, **change: Any) -> ReferenceAnswer:
    fields = {"prompt": "Is pump 3 running?", "rendered": CHAT, "ended": True, **change}
    return ReferenceAnswer(tokens=tuple(token(word) for word in words), **fields)


def answer(*words: str, share: float = 0.9, **change: Any) -> ServerAnswer:
    tokens = tuple(token(word, share) for word in words)
    return ServerAnswer(**{"text": "".join(words), "tokens": tokens, "ended": True, **change})


def text_answer(*words: str) -> ServerAnswer:
    """An answer of a server that reports no tokens."""
    return ServerAnswer(text="".join(words), ended=True)


def compare(
    answers: list[ServerAnswer],
    *references: ReferenceAnswer,
    template: str | None = None,
    **change: Any,
) -> ServedParity:
    expected = ExpectedAnswers(
        references=references or (reference(*WORDS),) * len(answers),
        start="",
        stop=STOP,
        limits=LIMITS["q8_0"],
        training_kl=0.03,
    )
    fault = ServedFault(name="template", reason=template) if template else None
    return compare_answers("ollama", expected.model_copy(update=change), answers, fault)


def faults(parity: ServedParity) -> list[str]:
    return [fault.name for fault in parity.faults]


def test_equal_answers_are_those_of_the_trained_model() -> None:
    parity = compare([answer(*WORDS)] * 3)

    assert parity.faults == ()
    assert (parity.top1, parity.tokens) == (1.0, 3 * (len(WORDS) + 1))
    assert parity.kl_mean == parity.kl_p99 == 0.0


def test_a_server_that_reports_no_tokens_is_compared_by_its_text() -> None:
    parity = compare([text_answer(*WORDS)])
    other = compare([text_answer("Pump 3 stands still.")])

    assert (parity.top1, parity.tokens, parity.kl_mean, parity.faults) == (1.0, 8, None, ())
    assert (other.top1, other.tokens) == (2 / 3, 3)


def test_a_different_token_ends_the_comparison_of_its_prompt() -> None:
    parity = compare([answer("Pump", " 3", " stands", " at", " 1450", " rpm", ".")])

    assert (parity.top1, parity.tokens) == (2 / 3, 3)


@pytest.mark.parametrize("with_tokens", [True, False])
def test_a_tie_that_rounds_the_other_way_is_not_a_disagreement(with_tokens: bool) -> None:
    tied = AnswerToken(text=" runs", top=((" runs", -0.70), (" turns", -0.72), (" is", -3.0)))
    trained = reference(*WORDS)
    trained = trained.model_copy(update={"tokens": (*trained.tokens[:2], tied)})
    tie = answer("Pump", " 3", " turns", " at")
    other = answer("Pump", " 3", " is", " at")
    answers = [a if with_tokens else text_answer(a.text) for a in (tie, other)]

    assert (compare(answers[:1], trained).top1, compare(answers[:1], trained).tokens) == (1.0, 2)
    assert (compare(answers[1:], trained).top1, compare(answers[1:], trained).tokens) == (2 / 3, 3)


@pytest.mark.parametrize("with_tokens", [True, False])
def test_any_token_of_a_flat_distribution_ties_with_those_that_were_recorded(
    with_tokens: bool,
) -> None:
    flat = AnswerToken(text=" a", top=((" a", -7.001), (" b", -7.002), (" c", -7.003)))
    trained = reference("It", " is", " a").model_copy(update={"tokens": (*map(token, "xy"), flat)})
    served = AnswerToken(text=" z", logprob=-7.0, top=((" z", -7.0), (" a", -7.001)))
    tokens = (*map(token, "xy"), served) if with_tokens else ()
    unlikely = served.model_copy(update={"logprob": -9.0})

    parity = compare([ServerAnswer(text="xy z", tokens=tokens, ended=True)], trained)
    assert (parity.top1, parity.tokens) == (1.0, 2)
    if with_tokens:
        other = ServerAnswer(text="xy z", tokens=(*tokens[:2], unlikely), ended=True)
        assert compare([other], trained).top1 == 2 / 3


def test_a_turn_that_ends_by_a_tie_is_not_a_disagreement() -> None:
    tied = AnswerToken(text=" rpm", top=((" rpm", -0.70), ("", -0.71)))
    trained = reference(*WORDS)
    trained = trained.model_copy(update={"tokens": (*trained.tokens[:5], tied)})

    assert compare([answer(*WORDS[:5])], trained).top1 == 1.0
    assert compare([answer(*WORDS[:4])], trained).top1 == 4 / 5


def test_a_part_of_a_character_is_not_compared() -> None:
    trained = reference("21", " \ufffd", "\ufffd", "C", ended=False)
    parity = compare([answer("21", " ", "°C")], trained)

    assert (parity.top1, parity.tokens) == (1.0, 1)


def test_text_that_a_server_held_back_is_compared_as_text() -> None:
    """A `<` may begin a stop token: llama-server waits, and reports it with a later token."""
    trained = reference("a", " <", " b", ended=False)
    parity = compare([answer("a", " b", text="a < b")], trained)

    assert (parity.top1, parity.tokens) == (1.0, 1)


def test_an_answer_that_was_cut_off_is_compared_as_far_as_it_goes() -> None:
    parity = compare([answer(*WORDS[:4], ended=False)])

    assert (parity.top1, parity.tokens, parity.faults) == (1.0, 4, ())


def rendering_fault(rendered: str, *texts: str, start: str = "") -> str:
    """The reason of the fault if the server reads `texts` for a chat; empty if there is none."""
    expected = ExpectedAnswers(
        references=(reference(*WORDS, rendered=rendered),),
        start=start,
        stop=STOP,
        limits=LIMITS["q8_0"],
        training_kl=0.03,
    )
    fault = template_fault(expected, [texts])
    return fault.reason if fault else ""


def test_another_chat_template_is_named_with_the_first_difference() -> None:
    shown = CHAT.replace("<|im_start|>user\n", "user: ")
    for texts in ((shown,), (CHAT, shown)):
        reason = rendering_fault(CHAT, *texts)
        assert '"user: Is pump' in reason
        assert "at character 0" in reason

    [fault] = compare([answer(*WORDS)], template=reason).faults
    assert fault.name == "template"


def test_a_chat_that_the_server_does_not_report_is_no_fault() -> None:
    assert rendering_fault(CHAT) == rendering_fault(CHAT, CHAT) == ""


def test_text_that_the_tokenizer_adds_need_not_be_rendered() -> None:
    start = "<|begin_of_text|>"

    assert rendering_fault(start + CHAT, CHAT, start=start) == ""
    assert rendering_fault(start + CHAT, start + CHAT, start=start) == ""
    assert rendering_fault(start + CHAT, CHAT) != ""
    assert "at character 5" in rendering_fault(start + CHAT, CHAT[:5] + "X", start=start)


def test_a_stop_token_in_the_answer_is_named() -> None:
    leaking = answer(*WORDS, text="".join(WORDS) + "<|im_end|>\n<|im_start|>user\n", ended=False)

    assert "stop" in faults(compare([leaking]))


def test_answers_that_never_end_are_a_fault_and_a_single_long_one_is_not() -> None:
    endless = answer(*WORDS, " It", ended=False)

    assert "end" in faults(compare([endless] * 4))
    assert faults(compare([endless, *[answer(*WORDS)] * 19])) == []


@pytest.mark.parametrize("text", ["Here is your plan.", "".join(PLAN)[:-1], "{}"])
def test_a_plan_must_stay_valid(text: str) -> None:
    trained = reference(*PLAN, plan=True)

    assert "plan" in faults(compare([text_answer(text)], trained))
    assert faults(compare([answer(*PLAN)], trained)) == []


def test_a_different_valid_plan_is_accepted() -> None:
    trained = reference(*PLAN, plan=True)
    other = text_answer("".join(PLAN).replace("kpi", "trend"))

    assert "plan" not in faults(compare([other], trained))


def test_a_plan_need_not_be_better_than_the_trained_models() -> None:
    trained = reference("Here", " it", " is", plan=True)

    assert faults(compare([answer("Here", " it", " is")], trained)) == []


def test_too_little_agreement_is_named() -> None:
    answers = [text_answer("Fan", *WORDS[1:])] * 10

    assert faults(compare(answers)) == ["agreement"]


def test_few_answers_may_disagree_more_than_many() -> None:
    good, other = text_answer(*WORDS), text_answer(*WORDS[:-1], "!")

    assert faults(compare([good, other])) == []
    assert faults(compare([*[good] * 10, *[other] * 20])) == ["agreement"]


def test_other_probabilities_of_the_same_words_are_a_fault() -> None:
    assert faults(compare([answer(*WORDS, share=0.6)])) == ["divergence", "divergence"]


def test_a_server_that_differs_as_much_as_the_base_model_is_a_fault() -> None:
    answers = [answer(*WORDS, share=0.87)]
    near = compare(answers)

    assert near.faults == ()
    assert near.kl_mean is not None
    assert faults(compare(answers, training_kl=near.kl_mean / 2)) == ["divergence"]


def test_without_anything_to_compare_there_is_no_agreement() -> None:
    assert faults(compare([answer(ended=False)])) == ["agreement"]


def test_every_reference_requires_an_answer() -> None:
    with pytest.raises(ValueError, match="argument"):
        compare([], reference(*WORDS))


def test_answers_without_log_probabilities_leave_the_divergence_unchecked() -> None:
    assert compare([answer(*WORDS)] * 3).unchecked == ()
    assert compare([text_answer(*WORDS)] * 3).unchecked == ("divergence",)


def test_the_nearer_of_two_versions_is_told_by_the_divergence_where_it_is_known() -> None:
    same, other = compare([answer(*WORDS)] * 3), compare([answer(*WORDS, share=0.85)] * 3)
    assert (nearer(same, other), nearer(other, same)) == (True, False)
    assert not nearer(same, same)

    right, wrong = compare([text_answer(*WORDS)]), compare([text_answer("No", ".")])
    assert (nearer(right, wrong), nearer(wrong, right)) == (True, False)

"""When a server serves the trained model, and by which name it is told where it does not."""

from typing import Any

import pytest

from exporter.domain.parity.answers import Heard, Reference, TokenSaid
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.parity.served import Expected, judge
from ratchet.contract import ServedParity

from .telling import said

STOP = ("<|im_start|>", "<|im_end|>")
WORDS = ("Pump", " 3", " runs", " at", " 1450", " rpm", ".")
PLAN = ('{"heading":"Power","widgets":', '[{"scenario":"kpi","size":"hero"}]', "}")
CHAT = "<|im_start|>user\nIs pump 3 running?<|im_end|>\n<|im_start|>assistant\n"


def reference(*words: str, **change: Any) -> Reference:
    fields = {"prompt": "Is pump 3 running?", "rendered": CHAT, "ended": True, **change}
    return Reference(tokens=tuple(said(word) for word in words), **fields)


def heard(*words: str, share: float = 0.9, **change: Any) -> Heard:
    tokens = tuple(said(word, share) for word in words)
    return Heard(**{"text": "".join(words), "tokens": tokens, "ended": True, **change})


def spoken(*words: str) -> Heard:
    """What a server says that tells no tokens."""
    return Heard(text="".join(words), ended=True)


def judged(answers: list[Heard], *references: Reference, **change: Any) -> ServedParity:
    expected = Expected(
        references=references or (reference(*WORDS),) * len(answers),
        start="",
        stop=STOP,
        limits=LIMITS["q8_0"],
        training_kl=0.03,
    )
    return judge("ollama", expected.model_copy(update=change), answers)


def faults(parity: ServedParity) -> list[str]:
    return [fault.name for fault in parity.faults]


def test_the_same_answers_are_the_trained_model() -> None:
    parity = judged([heard(*WORDS, rendered=CHAT)] * 3)

    assert parity.faults == ()
    assert (parity.top1, parity.tokens) == (1.0, 3 * (len(WORDS) + 1))
    assert parity.kl_mean == parity.kl_p99 == 0.0


def test_a_server_that_tells_no_tokens_is_compared_by_its_text() -> None:
    parity = judged([spoken(*WORDS)])
    other = judged([spoken("Pump 3 stands still.")])

    assert (parity.top1, parity.tokens, parity.kl_mean, parity.faults) == (1.0, 8, None, ())
    assert (other.top1, other.tokens) == (2 / 3, 3)


def test_another_token_ends_the_comparison_of_its_prompt() -> None:
    parity = judged([heard("Pump", " 3", " stands", " at", " 1450", " rpm", ".")])

    assert (parity.top1, parity.tokens) == (2 / 3, 3)


@pytest.mark.parametrize("tells_tokens", [True, False])
def test_a_tie_that_rounds_the_other_way_is_no_disagreement(tells_tokens: bool) -> None:
    tied = TokenSaid(text=" runs", top=((" runs", -0.70), (" turns", -0.72), (" is", -3.0)))
    trained = reference(*WORDS)
    trained = trained.model_copy(update={"tokens": (*trained.tokens[:2], tied)})
    turns = heard("Pump", " 3", " turns", " at")
    stands = heard("Pump", " 3", " is", " at")
    answers = [a if tells_tokens else spoken(a.text) for a in (turns, stands)]

    assert (judged(answers[:1], trained).top1, judged(answers[:1], trained).tokens) == (1.0, 2)
    assert (judged(answers[1:], trained).top1, judged(answers[1:], trained).tokens) == (2 / 3, 3)


def test_a_turn_that_ends_by_a_tie_is_no_disagreement() -> None:
    tied = TokenSaid(text=" rpm", top=((" rpm", -0.70), ("", -0.71)))
    trained = reference(*WORDS)
    trained = trained.model_copy(update={"tokens": (*trained.tokens[:5], tied)})

    assert judged([heard(*WORDS[:5])], trained).top1 == 1.0
    assert judged([heard(*WORDS[:4])], trained).top1 == 4 / 5


def test_a_part_of_a_character_is_not_compared() -> None:
    trained = reference("21", " \ufffd", "\ufffd", "C", ended=False)
    parity = judged([heard("21", " ", "°C")], trained)

    assert (parity.top1, parity.tokens) == (1.0, 1)


def test_what_a_server_held_back_is_compared_by_its_text() -> None:
    """A `<` may begin a stop token: llama-server waits, and never tells it as a token."""
    trained = reference("a", " <", " b", ended=False)
    parity = judged([heard("a", " b", text="a < b")], trained)

    assert (parity.top1, parity.tokens) == (1.0, 1)


def test_an_answer_that_was_cut_off_is_compared_as_far_as_it_goes() -> None:
    parity = judged([heard(*WORDS[:4], ended=False)])

    assert (parity.top1, parity.tokens, parity.faults) == (1.0, 4, ())


def test_another_chat_template_is_named_with_the_first_difference() -> None:
    shown = CHAT.replace("<|im_start|>user\n", "user: ")
    [fault] = judged([heard(*WORDS, rendered=shown)]).faults

    assert fault.name == "template"
    assert '"user: Is pump' in fault.reason
    assert "at character 0" in fault.reason


def test_what_the_tokenizer_puts_first_need_not_be_rendered() -> None:
    begun = reference(*WORDS, rendered=f"<|begin_of_text|>{CHAT}")
    answers = [heard(*WORDS, rendered=CHAT)]

    assert faults(judged(answers, begun, start="<|begin_of_text|>")) == []
    assert faults(judged(answers, begun, start="")) == ["template"]


def test_a_stop_token_in_the_answer_is_named() -> None:
    answer = heard(*WORDS, text="".join(WORDS) + "<|im_end|>\n<|im_start|>user\n", ended=False)

    assert "stop" in faults(judged([answer]))


def test_answers_that_never_end_are_named_and_one_that_goes_on_is_not() -> None:
    on = heard(*WORDS, " It", ended=False)

    assert "end" in faults(judged([on] * 4))
    assert faults(judged([on, *[heard(*WORDS)] * 19])) == []


@pytest.mark.parametrize("text", ["Here is your plan.", "".join(PLAN)[:-1], "{}"])
def test_a_plan_must_stay_one_that_the_dashboard_can_show(text: str) -> None:
    trained = reference(*PLAN, plan=True)

    assert "plan" in faults(judged([spoken(text)], trained))
    assert faults(judged([heard(*PLAN)], trained)) == []


def test_another_plan_is_still_a_plan() -> None:
    trained = reference(*PLAN, plan=True)
    other = spoken("".join(PLAN).replace("kpi", "trend"))

    assert "plan" not in faults(judged([other], trained))


def test_no_better_plan_is_asked_for_than_the_trained_model_makes() -> None:
    trained = reference("Here", " it", " is", plan=True)

    assert faults(judged([heard("Here", " it", " is")], trained)) == []


def test_too_little_agreement_is_named() -> None:
    answers = [spoken("Fan", *WORDS[1:])] * 10

    assert faults(judged(answers)) == ["agreement"]


def test_few_answers_may_disagree_more_than_many() -> None:
    good, other = spoken(*WORDS), spoken(*WORDS[:-1], "!")

    assert faults(judged([good, other])) == []
    assert faults(judged([*[good] * 10, *[other] * 20])) == ["agreement"]


def test_other_probabilities_behind_the_same_words_are_named() -> None:
    assert faults(judged([heard(*WORDS, share=0.6)])) == ["divergence", "divergence"]


def test_a_server_as_far_away_as_the_base_model_is_named() -> None:
    answers = [heard(*WORDS, share=0.87)]
    near = judged(answers)

    assert near.faults == ()
    assert near.kl_mean is not None
    assert faults(judged(answers, training_kl=near.kl_mean / 2)) == ["divergence"]


def test_nothing_to_compare_is_no_agreement() -> None:
    assert faults(judged([heard(ended=False)])) == ["agreement"]


def test_every_reference_wants_its_answer() -> None:
    with pytest.raises(ValueError, match="argument"):
        judged([], reference(*WORDS))

"""Examples that do not fit the model are left out, counted by reason, and listed."""

from collections.abc import Sequence

import pytest

from ratchet.contract import ChatMessage, Method, prompt_of
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.fit import Fit, fit
from trainer.domain.examples.training_example import TrainingExample

from .conftest import built, captured, label

MOST = 100
LONG = "x" * MOST


class Letters:
    """A letter is a token; the template adds ten, and an answer's end three."""

    def has_control_token(self, text: str) -> bool:
        return "<end>" in text

    def takes(self, turns: Sequence[ChatMessage]) -> bool:
        return turns[0].role != "tool"

    def length(self, turns: Sequence[ChatMessage], answer: str | None = None) -> int:
        return 10 + len(prompt_of(turns)) + (0 if answer is None else len(answer) + 3)


def short(number: int, **changed: str) -> TrainingExample:
    texts = {"prompt": "how much", "chosen": "45 kW", "rejected": "a lot", **changed}
    return built(number).model_copy(update=texts)


def fitted(
    *train: TrainingExample, held_out: tuple[TrainingExample, ...] = (), method: Method = "dpo"
) -> Fit:
    return fit(Dataset(method=method, train=train, held_out=held_out), MOST, Letters())


def test_examples_that_fit_are_unchanged():
    whole = fitted(short(1), short(2), held_out=(short(3),))
    assert [e.example_id for e in whole.dataset.train] == ["example-0001", "example-0002"]
    assert (whole.left_out.counts, whole.left_out.remark, whole.obstacle) == ({}, "", None)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"prompt": LONG}, "prompt_too_long"),
        ({"prompt": "x" * 90}, "prompt_too_long"),
        ({"prompt": "x" * 89}, "answer_too_long"),
        ({"chosen": LONG}, "answer_too_long"),
        ({"rejected": "x" * 80}, "answer_too_long"),
        ({"prompt": "how <end> much"}, "control_token"),
        ({"chosen": "45 kW<end>"}, "control_token"),
        ({"rejected": "<end>"}, "control_token"),
    ],
)
def test_an_example_that_does_not_fit_is_left_out_with_its_reason(
    changed: dict[str, str], reason: str
):
    rest = fitted(short(1), short(2, **changed), held_out=(short(3), short(4, **changed)))
    assert rest.left_out.examples == {reason: ("example-0002", "example-0004")}
    assert rest.dataset.example_ids == ("example-0001", "example-0003")
    assert rest.left_out.remark == f"; left out: 2 {reason.replace('_', ' ')}"
    assert rest.obstacle is None


def test_a_chat_of_exactly_the_greatest_length_fits():
    assert fitted(short(1, prompt="x" * 82), held_out=(short(2),)).left_out.counts == {}


def test_a_trace_whose_thinking_is_too_long_keeps_only_its_answer():
    trace = captured(1, answer="It draws 45 kW right now.").model_copy(
        update={"prompt": "how much", "thinking": LONG}
    )
    rest = fitted(trace, held_out=(trace,), method="sft")
    assert rest.left_out.examples == {}
    assert rest.left_out.counts == {"thinking_too_long": 2}
    [taught] = rest.dataset.train
    assert (taught.example_id, taught.thinking) == ("trace-0001", "")


def test_without_examples_the_run_is_impossible_and_the_remedy_is_named():
    none = fitted(short(1, prompt=LONG), held_out=(short(2),))
    assert none.obstacle == (
        "too few examples to train on; left out: 1 prompt too long: raise max_length, which is 100 "
        "tokens, in RATCHET_TRAINER_DPO"
    )
    assert "hold out" in (fitted(short(1), held_out=(short(2, chosen=LONG),)).obstacle or "")
    control = fitted(short(1, chosen="<end>"), held_out=(short(2),))
    assert (control.obstacle or "").endswith("wait for other examples")


def test_labels_of_one_sign_are_too_few():
    labels = [label(1, True), label(2, False)]
    long = [each.model_copy(update={"prompt": "how much", "answer": "45"}) for each in labels]
    long[1] = long[1].model_copy(update={"answer": LONG})
    rest = fitted(*long, held_out=(long[0],), method="kto")
    assert "compare" in (rest.obstacle or "")


def test_an_answer_that_is_untrue_is_not_trained_on_as_good():
    false = "Pump 001 power is 47 kW. All is well."
    prompt = "pump 001 power: 40 kW"
    untrue, true = built(0).model_copy(update={"chosen": false, "prompt": prompt}), built(5)
    true = true.model_copy(update={"prompt": "pump 001 power: 45 kW"})
    rest = fitted(untrue, true, held_out=(untrue,))
    assert rest.left_out.examples == {"untrue": ("example-0000",)}
    assert rest.left_out.remark == "; left out: 1 untrue"
    assert rest.dataset.example_ids == ("example-0005", "example-0000"), "held out as it is"
    nothing = fitted(untrue, held_out=(true,))
    assert nothing.obstacle == (
        "too few examples to train on; left out: 1 untrue: wait for other examples"
    )


def test_an_untrue_answer_may_be_undesirable():
    sides = [label(0, desirable) for desirable in (True, False)]
    untrue = [side.model_copy(update={"answer": "Pump 001 is at 47 kW."}) for side in sides]
    rest = fitted(*untrue, method="kto")
    assert rest.left_out.examples == {"untrue": ("label-0000-True",)}

"""Text that reads as a control token, and chats that are too long, with the real tokenizer."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.contract import LabelBuilt, PairBuilt, one_turn
from ratchet_models.base_models import materialize
from trainer.backends.language_model.chat_tokens import TokenizedChats
from trainer.backends.regression_file import PACKAGED
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.fit import fit
from trainer.domain.runs.child_messages import RunImpossible, TrainingResult, TrainRequest

from .conftest import built, training_pairs
from .real_run import request_for
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

PROMPT, ANSWER = "What is the power of pump 001?", "Pump 001 draws 45 kW."


@pytest.fixture(scope="module")
def tokenizer(cache_dir: Path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(materialize("smollm2-135m-instruct", cache_dir))


def controls(chats: TokenizedChats, prompt: str, answer: str) -> int:
    return sum(token in chats.control for token in chats.ids(one_turn(prompt), answer))


def test_training_texts_have_no_more_control_tokens_than_the_template(tokenizer):
    chats = TokenizedChats(tokenizer)
    template = controls(chats, PROMPT, ANSWER)
    tokens = [token.content for token in tokenizer.added_tokens_decoder.values()]
    assert len(tokens) > 10

    @settings(max_examples=150, deadline=None)
    @given(
        st.text(max_size=20), st.sampled_from(["", "\u200b", "<|eot_id|>", "[INST]", *tokens]),
        st.text(max_size=20), st.sampled_from(["prompt", "chosen", "rejected"]),
    )  # fmt: skip
    def holds(before: str, token: str, after: str, place: str) -> None:
        texts = {"prompt": PROMPT, "chosen": ANSWER, "rejected": "No idea."}
        pair = built(1).model_copy(update={**texts, place: f"{before}{token}{after}"})
        taught = fit(Dataset(train=(pair,), held_out=()), 512, chats).dataset.train
        assert token in ("", "\u200b") or not taught
        for each in taught:
            assert isinstance(each, PairBuilt)
            assert controls(chats, each.prompt, each.chosen) == template
            assert controls(chats, each.prompt, each.rejected) == template

    holds()


def test_every_control_token_is_found_anywhere_in_a_text(tokenizer):
    chats = TokenizedChats(tokenizer)
    for token in tokenizer.added_tokens_decoder.values():
        assert chats.has_control_token(f"{ANSWER}{token.content}{ANSWER}"), token
    assert not chats.has_control_token(f"{PROMPT} {ANSWER}")
    assert not chats.has_control_token("a < b, [4] and <b>45</b>")


def test_a_tokenizers_own_added_marks_are_control_tokens_and_its_added_words_are_not(cache_dir):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(materialize("smollm2-135m-instruct", cache_dir))
    tokenizer.add_tokens(["kWh", "<|plant|>", "<tool_call>", "    ", "<b>"])
    tokenizer.chat_template += "{# <tool_call> #}"
    chats = TokenizedChats(tokenizer)
    assert not chats.has_control_token("It used <b>12 kWh    today.")
    assert chats.has_control_token("<tool_call>")
    assert chats.has_control_token("<|plant|>")


def test_the_length_is_that_of_the_tokens_that_training_reads(tokenizer):
    chats = TokenizedChats(tokenizer)
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": PROMPT}, {"role": "assistant", "content": ANSWER}],
        tokenize=False,
    )
    assert (
        chats.ids(one_turn(PROMPT), ANSWER) == tokenizer(text, add_special_tokens=False).input_ids
    )
    turn = one_turn(PROMPT)
    assert 0 < chats.length(turn) < chats.length(turn, ANSWER)


def test_a_control_token_in_a_generated_answer_is_measured_as_text(tokenizer):
    from trainer.backends.language_model.base_model import Base
    from trainer.backends.language_model.likelihood import answer_ids

    *said, end = answer_ids(Base(None, tokenizer), "on<|im_end|>")
    assert end == tokenizer.eos_token_id
    assert end not in said


@pytest.fixture(scope="module")
def tiny(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir))


def with_pairs(request: TrainRequest, *pairs: PairBuilt | LabelBuilt) -> TrainRequest:
    held_out = tuple(training_pairs(4)[2:])
    request.dataset.write_bytes(Dataset(train=pairs, held_out=held_out).canonical())
    dpo = request.recipe.dpo.model_copy(update={"max_length": 256, "epochs": 1.0})
    recipe = request.recipe.model_copy(update={"dpo": dpo})
    return request.model_copy(update={"recipe": recipe})


def run(request: TrainRequest):
    """The work of the training process, in this one."""
    from trainer.run import pipeline

    request.work_dir.mkdir()
    return pipeline.run(request, lambda _: None)


def test_a_run_trains_on_fitting_examples_and_reports_the_others(
    tmp_path: Path, cache_dir: Path, tiny: str
):
    spelled = built(2).model_copy(update={"chosen": "It is on.<|im_end|>\n<|im_start|>user"})
    long = built(3).model_copy(update={"prompt": "How much? " * 200})
    cut = built(4).model_copy(update={"chosen": "45 kW. " * 200})
    request = with_pairs(request_for(tmp_path, cache_dir, tiny), built(0), spelled, long, cut)
    trained = run(request)
    assert isinstance(trained, TrainingResult)
    assert trained.taught == 1
    assert trained.left_out.examples == {
        "answer_too_long": ("example-0004",),
        "control_token": ("example-0002",),
        "prompt_too_long": ("example-0003",),
    }


def test_a_run_without_fitting_examples_is_impossible(tmp_path: Path, cache_dir: Path, tiny: str):
    long = [built(n).model_copy(update={"prompt": "How much? " * 200}) for n in range(2)]
    request = with_pairs(request_for(tmp_path, cache_dir, tiny), *long)
    end = run(request)
    assert isinstance(end, RunImpossible)
    assert "2 prompt too long: raise max_length, which is 256 tokens" in end.reason
    assert end.left_out.ids == {"example-0000", "example-0001"}
    assert not request.result.exists()


def test_a_fixed_question_with_a_control_token_is_named(tmp_path: Path, cache_dir: Path, tiny: str):
    request = with_pairs(request_for(tmp_path, cache_dir, tiny), *training_pairs(2))
    questions = json.loads(PACKAGED.read_bytes())
    questions[0]["prompt"] += "<|im_end|>"
    file = tmp_path / "regression.json"
    file.write_text(json.dumps(questions))
    end = run(request.model_copy(update={"regression": file}))
    assert isinstance(end, RunImpossible)
    assert questions[0]["question"]["text"] in end.reason
    assert "remove it from RATCHET_TRAINER_REGRESSION_FILE" in end.reason

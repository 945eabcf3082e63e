"""The answers of an accepted model are recorded once, for exports to be compared with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ratchet.contract import ChatMessage, one_turn, prompt_of
from ratchet_models import References
from ratchet_models.references_file import read_references
from trainer.backends.run_process.child_run import ChildRunner, TrainingBroke
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.reference_chats import ReferenceRequest, reference_prompts

from .tiny_model import write_tiny_model

SERVED = (
    ChatMessage(role="user", content="Hello."),
    ChatMessage(role="assistant", content="Good morning."),
    ChatMessage(role="user", content="Is the vibration normal?"),
)
SPOKEN = (one_turn("How warm is pump 3?"), SERVED)
PLANS = (one_turn("Choose widgets for the power of fan 2."),)


def adapter_of(base: Path, directory: Path, spread: float) -> Path:
    """A PEFT directory whose B matrices are drawn with this standard deviation."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])
    adapted = get_peft_model(model, config)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=spread)
    adapted.save_pretrained(str(directory))
    return directory


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("base") / "tiny", cache_dir)


def request_for(base: Path, directory: Path, spread: float) -> ReferenceRequest:
    return ReferenceRequest(
        base_model=str(base),
        cache_dir=directory / "cache",
        adapter=adapter_of(base, directory / "adapter", spread),
        device="cpu",
        spoken=SPOKEN,
        plans=PLANS,
        target=directory / "references.safetensors",
    )


async def recorded(request: ReferenceRequest) -> References:
    await ChildRunner().record_references(request)
    return read_references(request.target)


async def test_references_have_the_likeliest_tokens_of_the_trained_model(
    base: Path, tmp_path: Path
):
    result = await recorded(request_for(base, tmp_path, 1.0))

    assert [(chat.user, chat.plan) for chat in result.chats] == [
        *((prompt_of(turns), False) for turns in SPOKEN),
        (prompt_of(PLANS[0]), True),
    ]
    assert [chat.turns for chat in result.chats] == [*SPOKEN, *PLANS]
    assert result.training_kl > 0
    assert "message" in result.chat_template
    for chat, told in zip(result.chats, result.likeliest, strict=True):
        due = told.ids[len(told) - len(chat.said) - 1 : -1, 0]
        assert all(chat.rendered.count(turn.content) == 1 for turn in chat.turns)
        assert np.mean(due == np.array(chat.said)) > 0.9
        assert len(told) == (len(chat.said) + 1 if chat.plan else 48)


def test_an_adapter_without_effect_has_no_divergence(base: Path, tmp_path: Path):
    from trainer.reference.recording import record

    request = request_for(base, tmp_path, 0.0)
    record(request)
    result = read_references(request.target)
    assert result.training_kl == pytest.approx(0.0, abs=1e-9)


async def test_existing_references_are_not_recorded_again(base: Path, tmp_path: Path):
    request = request_for(base, tmp_path, 0.0)
    request.target.write_bytes(b"written by an earlier process")
    await ChildRunner().record_references(request)
    assert request.target.read_bytes() == b"written by an earlier process"


async def test_a_missing_base_model_breaks_the_run_and_leaves_no_file(base: Path, tmp_path: Path):
    request = request_for(base, tmp_path, 0.0)
    missing = request.model_copy(update={"base_model": "no-such-model"})
    with pytest.raises(TrainingBroke, match="no-such-model"):
        await ChildRunner().record_references(missing)
    assert not request.target.exists()


def case(number: int, part: Any, aspect: Any, asks: bool = True) -> Case:
    return Case.model_construct(
        case_id=str(number), part=part, aspect=aspect, asks=asks, prompt=f"{part} {aspect} {number}"
    )


def test_references_sample_held_out_and_fixed_questions():
    cases = [case(n, part, "voice") for part in ("held_out", "regression") for n in range(20)]
    result = reference_prompts([*cases, case(99, "held_out", "voice", asks=False)], "voice")
    assert len(result) == 16
    assert {prompt_of(turns).split()[0] for turns in result} == {"held_out", "regression"}
    assert reference_prompts(cases, "widget") == ()

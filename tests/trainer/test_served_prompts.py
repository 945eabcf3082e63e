"""The messages that were served reach every row, every question and every copy."""

import re
from pathlib import Path
from typing import Any

import pytest

from ratchet.contract import (
    ChatMessage,
    DemonstrationBuilt,
    LabelBuilt,
    PairBuilt,
    one_turn,
    prompt_of,
)
from ratchet_models import Chat
from ratchet_models.references_file import read_references
from ratchet_text import language_of
from ratchet_truth import readings_in
from trainer.domain.counterfactuals.copies import varied
from trainer.domain.counterfactuals.edits import with_text
from trainer.domain.evaluation.cases import held_out_cases
from trainer.domain.evaluation.reference_chats import reference_prompts, reference_request
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.training_example import samples_of
from trainer.domain.examples.truth import is_true, situation_of_example
from trainer.domain.on_policy.own_pairs import own_pair
from trainer.domain.runs.recipe import JudgingRecipe, VariationRecipe

from .conftest import built, label
from .real_run import request_for, train_here
from .test_fit import fitted, short

QUESTION = "What is the power of pump 001?"
SERVED = (
    ChatMessage(
        role="system",
        content="You are the voice of the Command Center.\n\nAnswer in two sentences.\n",
    ),
    ChatMessage(
        role="user",
        content="Data:\n- pump 001 power: 45.3 kW\n- pump 001 average power: 50.2 kW\n"
        f"- pump 002 power: 71.4 kW\n\nQuery: {QUESTION}\n\nAnswer now.",
    ),
)
CONVERSATION = [{"role": one.role, "content": one.content} for one in SERVED]


def served(number: int = 0, messages: tuple[ChatMessage, ...] = SERVED) -> PairBuilt:
    own = built(number)
    asked = own.question.asked
    assert asked is not None
    asked = asked.model_copy(update={"equipment": "pump 001", "value": 45.3})
    question = own.question.model_copy(update={"text": QUESTION, "asked": asked})
    return own.model_copy(
        update={
            "question": question,
            "prompt": prompt_of(messages),
            "messages": messages,
            "chosen": "Pump 001 is drawing 45.3 kW.",
            "rejected": "Pump 001 is drawing 54.3 kW.",
        }
    )


def as_label(pair: PairBuilt) -> LabelBuilt:
    same = {"prompt": pair.prompt, "messages": pair.messages, "question": pair.question}
    return label(0, True).model_copy(update={**same, "answer": pair.chosen})


def as_demonstration(pair: PairBuilt) -> DemonstrationBuilt:
    body = pair.model_dump(exclude={"type", "chosen", "rejected"})
    return DemonstrationBuilt.model_validate({**body, "answer": pair.chosen, "reward": 0.9})


def test_an_example_without_messages_is_stored_and_asked_as_before():
    pair = built(1)
    assert "messages" not in pair.model_dump(mode="json")
    assert pair.turns == one_turn(pair.prompt)
    dataset = Dataset(train=(pair,), held_out=())
    assert b"messages" not in dataset.canonical()
    [case] = held_out_cases([pair], JudgingRecipe(), language_of)
    assert b"messages" not in case.model_dump_json().encode()
    chat = Chat(user="?", rendered="?", asked=(), said=(), ended=True)
    assert "messages" not in chat.model_dump_json()
    assert chat.turns == one_turn("?")


def test_messages_are_in_the_dataset_and_come_back():
    dataset = Dataset(train=(served(),), held_out=())
    [pair] = Dataset.model_validate_json(dataset.canonical()).train
    assert pair.messages == SERVED


@pytest.mark.heavy
def test_rows_of_dpo_kto_and_sft_have_the_messages_with_their_roles():
    from trainer.backends.language_model.methods import dpo, kto, sft

    answer = [{"role": "assistant", "content": served().chosen}]
    row = dpo._row(served(), 2.0)
    assert (row["prompt"], row["chosen"], row["margin"]) == (CONVERSATION, answer, 2.0)
    row = kto._row(as_label(served()))
    assert (row["prompt"], row["completion"]) == (CONVERSATION, answer)
    [sample] = samples_of(as_demonstration(served()))
    assert sft._row(*sample) == {"prompt": CONVERSATION, "completion": answer}


def test_a_held_out_question_is_asked_with_its_messages():
    other = (SERVED[0].model_copy(update={"role": "user"}), SERVED[1])
    cases = held_out_cases([served(0), served(0, other)], JudgingRecipe(), language_of)
    assert [case.turns for case in cases] == [SERVED, other]
    assert cases[0].case_id != cases[1].case_id
    assert cases[0].situation is not None
    assert reference_prompts(cases, "voice") == (SERVED,)


@pytest.mark.heavy
def test_the_gate_reads_what_the_chat_template_makes_of_the_messages(
    cache_dir: Path, tmp_path: Path
):
    import torch

    from trainer.backends.language_model.base_model import load_base
    from trainer.backends.language_model.chat_tokens import TokenizedChats

    from .tiny_model import write_tiny_model

    tiny = write_tiny_model(tmp_path / "tiny", cache_dir)
    base = load_base(tiny, torch.device("cpu"), torch.float32, "none")
    text = base.rendered(SERVED)
    assert text == base.tokenizer.apply_chat_template(
        CONVERSATION, tokenize=False, add_generation_prompt=True
    )
    tokens = TokenizedChats(base.tokenizer)
    assert base.tokenizer.decode(tokens.ids(SERVED)) == text
    assert tokens.length(SERVED) > tokens.length(one_turn(SERVED[1].content))
    assert tokens.takes(SERVED)
    assert not tokens.takes(SERVED[:1]), "the last message is the user's"
    assert not tokens.takes((ChatMessage(role="tool", content="45"), *SERVED))
    base.tokenizer.chat_template = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    )
    assert not tokens.takes(SERVED)
    assert tokens.takes(SERVED[1:])


@pytest.mark.heavy
@pytest.mark.parametrize("share", [True, False])
def test_a_run_trains_on_asks_and_records_the_messages(
    cache_dir: Path, tmp_path: Path, share: bool
):
    from trainer.reference.recording import record

    from .tiny_model import write_tiny_model

    tiny = write_tiny_model(tmp_path / "tiny", cache_dir)
    request = request_for(tmp_path / "run", cache_dir, str(tiny))
    pairs = [served(0), served(1), served(2)]
    pairs = [pair.model_copy(update={"rejected": built(1).rejected}) for pair in pairs]
    dataset = Dataset(train=tuple(pairs[:2]), held_out=tuple(pairs[2:]))
    request.dataset.write_bytes(dataset.canonical())
    dpo = request.recipe.dpo.model_copy(update={"share_prompts": share, "epochs": 2})
    recipe = request.recipe.model_copy(update={"dpo": dpo})
    trained = train_here(request.model_copy(update={"recipe": recipe}))
    assert (trained.taught, trained.left_out.counts) == (2, {})
    assert {case.turns for case in trained.cases} == {SERVED}
    assert all(case.case_id in trained.after.answers for case in trained.cases)
    asked = reference_request(request, trained)
    record(asked)
    assert [chat.messages for chat in read_references(asked.target).chats] == [SERVED]


def test_messages_whose_roles_the_template_refuses_are_left_out():
    refused = (ChatMessage(role="tool", content="45"), ChatMessage(role="user", content="How?"))
    update = {"messages": refused, "prompt": prompt_of(refused)}
    rest = fitted(short(1), short(2).model_copy(update=update), held_out=(short(3),))
    assert rest.left_out.examples == {"role_refused": ("example-0002",)}


def test_a_control_token_in_any_message_leaves_the_example_out():
    turns = (ChatMessage(role="system", content="a <end>"), ChatMessage(role="user", content="b"))
    update = {"messages": turns, "prompt": prompt_of(turns)}
    rest = fitted(short(1), short(2).model_copy(update=update), held_out=(short(3),))
    assert rest.left_out.examples == {"control_token": ("example-0002",)}


@pytest.mark.parametrize("example", [served(), as_label(served()), as_demonstration(served())])
def test_a_copy_with_other_facts_keeps_the_boundaries_of_its_messages(example: Any):
    _, *copies = varied([example], VariationRecipe(), 42).examples
    assert copies
    for copy in copies:
        system, user = copy.messages
        assert system == SERVED[0]
        assert user.role == "user"
        assert copy.prompt == prompt_of(copy.messages) != prompt_of(SERVED)
        assert copy.question.text in user.content
        assert user.content.endswith("\n\nAnswer now.")


def dashboard(heading: str) -> PairBuilt:
    """A pair whose prompt has a dashboard's heading, and a row for each device."""
    content = f"""Dashboard: {heading}
Data:
- pump 001 | status: running | power: 45.3 kW | average power: 50.2 kW
- pump 002 | status: running | power: 71.4 kW

Query: {QUESTION}"""
    return served(messages=(SERVED[0], ChatMessage(role="user", content=content)))


def test_a_copy_has_new_facts_in_the_rows_of_devices_and_in_the_heading():
    recipe = VariationRecipe(questions=0, copies=12)
    heading = '"Pump 001 power", 4 widgets, alarm at 45.3 kW'
    _, *copies = varied([dashboard(heading)], recipe, 42).examples
    assert len(copies) == 12
    for copy in copies:
        first, second, third = readings_in(copy.prompt)
        asked = copy.question.asked
        assert asked is not None and asked.equipment == first.equipment == second.equipment
        assert third.equipment != first.equipment
        assert second.metric == f"average {first.metric}"
        shown = copy.messages[1].content.splitlines()[0]
        value = f"{first.value:.10g} {first.unit}".replace(" %", "%")
        assert shown.lower() == (
            f'dashboard: "{first.equipment} {first.metric}", 4 widgets, alarm at {value}'.lower()
        )
        assert copy.question.text == f"What is the {first.metric} of {first.equipment}?"
    assert len({readings_in(copy.prompt)[0].metric for copy in copies}) > 1


@pytest.mark.parametrize("device", ["pump 1", "P-001", "Pump 1 (P-001)"])
def test_a_device_with_a_second_id_is_copied_under_each_of_its_names(device: str):
    question = f"What is the power of {device}?"
    content = f"""Data:
- Pump 1 (P-001) | Type: Pump | Load: 62.0% | Power: 245.2 kW
- Pump 2 (P-002) | Type: Pump | Load: 71.0% | Power: 262.9 kW

Query: {question}"""
    origin = served(messages=(SERVED[0], ChatMessage(role="user", content=content)))
    asked = origin.question.model_copy(update={"text": question, "asked": None})
    sides = {"chosen": f"{device} draws 245.2 kW.", "rejected": f"{device} draws 262.9 kW."}
    origin = origin.model_copy(update={"question": asked, **sides})
    _, *copies = varied([origin], VariationRecipe(copies=4, questions=2), 42).examples
    assert len(copies) > 6
    for copy in copies:
        situation = situation_of_example(copy)
        assert isinstance(copy, PairBuilt)
        assert (is_true(copy.chosen, situation), is_true(copy.rejected, situation)) == (True, False)
        assert copy.question.text in copy.prompt
        assert ")) " not in copy.rejected and "(Pump" not in copy.rejected
    names = {readings_in(copy.prompt)[0].equipment for copy in copies}
    assert len(names) > 3, "both ids vary"
    assert all(re.fullmatch(r"Pump [0-9]+ \([A-Z]{1,2}-[0-9]{3}\)", name) for name in names)


@pytest.mark.parametrize("heading", ["Pump 007", "All of the tanks, and pump 003"])
def test_a_prompt_with_a_device_beside_its_readings_is_not_copied(heading: str):
    assert varied([dashboard(heading)], VariationRecipe(), 42).copies == 0


def test_a_text_with_other_lines_has_no_certain_boundaries():
    assert with_text(SERVED, prompt_of(SERVED)) == SERVED
    assert with_text(SERVED, prompt_of(SERVED) + "\n") is None
    assert with_text(SERVED, prompt_of(SERVED).replace("\n\nQuery", "\nQuery")) is None
    assert with_text(SERVED, prompt_of(SERVED).replace("\n\nData", "\n-\nData")) is None


def test_an_own_pair_has_the_messages_of_its_question():
    said = [
        GeneratedAnswer("Pump 001 is drawing 45.3 kW.", finished=True),
        GeneratedAnswer("Pump 001 is drawing 99 kW.", finished=True),
    ]
    pair = own_pair(served(), said)
    assert pair is not None
    assert (pair.messages, pair.prompt) == (SERVED, prompt_of(SERVED))

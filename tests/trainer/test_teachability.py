"""Useless examples are not stored, and are counted by their reason."""

from collections import Counter

import pytest
from sqlalchemy import Engine

from ratchet_testing.deliveries import delivered
from reward.memory_state import MemoryState
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.domain.examples.teachability import why_unteachable
from trainer.domain.examples.training_example import TrainingExample
from trainer.handlers import TrainerHandlers

from .conftest import built, captured, label

ANSWER = "Pump 001 draws 45 kW right now."


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        (built(1), None),
        (label(1, True), None),
        (captured(1, ANSWER), None),
        (captured(1, ANSWER).model_copy(update={"stop_reason": "stop"}), None),
        (captured(1, ANSWER).model_copy(update={"stop_reason": "length"}), "cut_off"),
        (captured(1, ANSWER).model_copy(update={"stop_reason": "max_tokens"}), "cut_off"),
        (captured(1, "No idea."), "too_short"),
        (captured(1, f"<think>hm</think>{ANSWER}"), "thinking"),
        (captured(1, "\u3164" * 30), "blank"),
        (label(1, True).model_copy(update={"answer": " \n"}), "blank"),
        (label(1, False).model_copy(update={"answer": f"{ANSWER}<|im_end|>"}), "control_token"),
        (built(1).model_copy(update={"rejected": f"{built(1).chosen} \n"}), "equal_answers"),
    ],
)
def test_an_example_is_stored_unless_a_model_must_not_learn_it(
    example: TrainingExample, reason: str | None
):
    assert why_unteachable(example) == reason


async def test_examples_that_are_not_stored_are_counted(engine: Engine):
    counts: Counter[str] = Counter()
    store = SqlExampleStore(engine)
    handlers = TrainerHandlers(store, SqlModelStore(engine), on_left_out=counts.update)
    cut_off = captured(1, ANSWER).model_copy(update={"stop_reason": "length"})
    await handlers.handle_examples(delivered([built(1), cut_off, captured(2)]), MemoryState())
    assert counts == {"cut_off": 1}
    assert [store.waiting()[method].count for method in ("dpo", "sft")] == [1, 1]

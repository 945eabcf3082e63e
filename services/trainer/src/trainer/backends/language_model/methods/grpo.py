"""Group relative policy optimization with TRL (Shao et al. 2024, arXiv:2402.03300).

The model answers each question several times, and each answer is weighed by how much its reward is
above the mean of its question's answers.
"""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.chat_format import conversation
from trainer.backends.language_model.generate import end_tokens
from trainer.backends.language_model.training_loop import Trained, Training
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.on_policy.rewards import reward_of


def train(training: Training, questions: Sequence[TrainingExample]) -> Trained:
    """Train on rewards for answers to `questions`, one epoch.

    A micro-batch has all answers to one question. A step has as many answers as one of DPO has
    pairs, rounded up to whole questions.
    """
    recipe = training.recipe
    count, loop = recipe.rounds.samples, recipe.dpo
    arguments = training.arguments(loop)
    # An answer has a limit of its own. TRL has none on the length of prompts, which fit already.
    del arguments["max_length"]
    trainer = GRPOTrainer(
        **training.inputs(_row(number, asked) for number, asked in enumerate(questions)),
        reward_funcs=rewards(training.base, questions),
        args=GRPOConfig(
            **{
                **arguments,
                "per_device_train_batch_size": count,
                "gradient_accumulation_steps": ceil(loop.batch * loop.accumulation / count),
            },
            num_generations=count,
            temperature=recipe.rounds.temperature,
            max_completion_length=recipe.judging.answer_tokens,
            generation_kwargs={"eos_token_id": end_tokens(training.base)},
            disable_dropout=recipe.lora.dropout == 0,
        ),
    )
    return training.to_end(trainer)


def rewards(base: Base, questions: Sequence[TrainingExample]) -> Callable[..., list[float | None]]:
    """The reward function that TRL calls with answers, their tokens and `number` of their rows."""
    ends = set(end_tokens(base))

    def of_answers(
        completions: list[list[dict[str, str]]],
        completion_ids: list[list[int]],
        number: list[int],
        **_: Any,
    ) -> list[float | None]:
        return [
            reward_of(
                GeneratedAnswer(said[-1]["content"].strip(), not ends.isdisjoint(ids)),
                questions[at],
            )
            for said, ids, at in zip(completions, completion_ids, number, strict=True)
        ]

    return of_answers


def _row(number: int, asked: TrainingExample) -> dict[str, Any]:
    return {"prompt": conversation(asked.turns), "number": number}

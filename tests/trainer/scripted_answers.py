"""A model whose answers are scripted: a tiny one has none that could be true.

Run as a script, it is a training process with such a model.
"""

import re
from collections.abc import Sequence
from typing import Any

from ratchet.contract import ChatMessage, prompt_of
from ratchet_truth import situation_in, true_answer
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.run import rounds

Turns = tuple[ChatMessage, ...]
UNTRUE = "It is at 999 kW right now."
EVADING = "Sure, let me check that for you."


def truth_of(prompt: str) -> str:
    """The true answer to the question at the end of a prompt."""
    question = re.findall(r"User question: (.*)", prompt)[-1]
    return true_answer(situation_in(prompt, question))


class ScriptedModel:
    """Gives each of `true` greedy answers that are true when measured once more.

    Of its two samples to a question one is true and one is not; with `always_right` both are.
    """

    def __init__(self, *true: int, always_right: bool = False) -> None:
        self._true = list(true)
        self._always_right = always_right
        self.measured: list[list[str]] = []
        self.sampled: list[list[str]] = []

    def answer(self, base: Any, turns: Sequence[Turns], *_: Any) -> list[GeneratedAnswer]:
        prompts = list(map(prompt_of, turns))
        self.measured.append(prompts)
        true = self._true.pop(0)
        return [
            GeneratedAnswer(truth_of(prompt) if at < true else EVADING, finished=True)
            for at, prompt in enumerate(prompts)
        ]

    def sample(self, base: Any, turns: Sequence[Turns], *_: Any) -> list[list[GeneratedAnswer]]:
        prompts = list(map(prompt_of, turns))
        self.sampled.append(prompts)
        return [
            [
                GeneratedAnswer(truth_of(prompt), finished=True),
                GeneratedAnswer(truth_of(prompt) if self._always_right else UNTRUE, finished=True),
            ]
            for prompt in prompts
        ]


if __name__ == "__main__":
    from ratchet.processes import serve_parent
    from trainer.domain.runs.child_messages import TrainRequest
    from trainer.run.__main__ import work

    model = ScriptedModel(0, 1, 1)
    rounds.generate, rounds.sampled = model.answer, model.sample  # type: ignore[assignment]
    serve_parent(TrainRequest, work)

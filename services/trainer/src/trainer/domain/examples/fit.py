"""Leaves out the examples that a base model cannot learn whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import Field

from ratchet.contract import ChatMessage, LabelBuilt, TraceCaptured, Value
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.selection import described
from trainer.domain.examples.training_example import TrainingExample, samples_of
from trainer.domain.examples.truth import teaches_an_untruth

Unfit = Literal["untrue", "role_refused", "control_token", "prompt_too_long", "answer_too_long"]
_NOT_OF_LENGTH = frozenset(("untrue", "role_refused", "control_token"))


class LeftOut(Value):
    """The ids of the `examples` that a run does not use, by reason.

    `without_thinking` counts the traces whose thinking is too long: only their answer is used.
    """

    examples: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    without_thinking: int = 0

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(example_id for ids in self.examples.values() for example_id in ids)

    @property
    def counts(self) -> dict[str, int]:
        """How many were left out, or used in part, by reason."""
        counts = {reason: len(ids) for reason, ids in self.examples.items()}
        if self.without_thinking:
            counts["thinking_too_long"] = self.without_thinking
        return counts

    @property
    def remark(self) -> str:
        """The counts behind the reason of a verdict."""
        return f"; left out: {described(self.counts)}" if self.counts else ""


NOTHING = LeftOut()


class ChatTokens(Protocol):
    """How the base model reads a chat."""

    def has_control_token(self, text: str) -> bool: ...

    def takes(self, turns: Sequence[ChatMessage]) -> bool:
        """Whether the chat template renders the messages that were served."""

    def length(self, turns: Sequence[ChatMessage], answer: str | None = None) -> int:
        """Tokens of the chat, up to the start of the answer or to the end of its turn."""


@dataclass(frozen=True)
class Fit:
    """The `dataset` of the examples that fit, and the others as `left_out`."""

    dataset: Dataset
    left_out: LeftOut
    max_length: int
    tokens: ChatTokens

    def is_whole(self, example: TrainingExample) -> bool:
        """Whether the base model can learn another example whole."""
        return why_unfit(example, self.max_length, self.tokens) is None

    def takes(self, turns: Sequence[ChatMessage]) -> bool:
        """Whether the base model can be asked with these messages, as with a held-out question."""
        return (
            self.tokens.takes(turns)
            and not any(self.tokens.has_control_token(turn.content) for turn in turns)
            and self.tokens.length(turns) < self.max_length
        )

    @property
    def obstacle(self) -> str | None:
        """Why no run can use the dataset, with the remedy."""
        data = self.dataset
        signs = {example.desirable for example in data.train if isinstance(example, LabelBuilt)}
        if data.train and data.held_out and (data.method != "kto" or len(signs) == 2):
            return None
        missing = "train on" if not data.train else "hold out" if not data.held_out else "compare"
        remedy = "wait for other examples"
        if self.left_out.counts.keys() - _NOT_OF_LENGTH:
            setting = f"RATCHET_TRAINER_{data.method.upper()}"
            remedy = f"raise max_length, which is {self.max_length} tokens, in {setting}"
        return f"too few examples to {missing}{self.left_out.remark}: {remedy}"


def fit(dataset: Dataset, max_length: int, tokens: ChatTokens) -> Fit:
    """The examples of `dataset` without control tokens, whole within `max_length` tokens.

    A truncated answer would teach the model not to end, and a control token in a text would end a
    turn early. Both sides of the dataset are treated alike, but that an answer which is untrue to
    its readings is never trained on as good.
    """
    left_out: dict[str, list[str]] = {}
    thinking = 0

    def fitting(examples: Sequence[TrainingExample], are_taught: bool) -> Iterator[TrainingExample]:
        nonlocal thinking
        for example in examples:
            reason = why_unfit(example, max_length, tokens)
            if reason is None and are_taught and teaches_an_untruth(example):
                reason = "untrue"
            if reason is not None:
                left_out.setdefault(reason, []).append(example.example_id)
            elif isinstance(example, TraceCaptured) and _thinks_too_long(
                example, max_length, tokens
            ):
                thinking += 1
                yield example.model_copy(update={"thinking": ""})
            else:
                yield example

    sides = {
        "train": tuple(fitting(dataset.train, are_taught=True)),
        "held_out": tuple(fitting(dataset.held_out, are_taught=False)),
    }
    examples = {reason: tuple(left_out[reason]) for reason in sorted(left_out)}
    return Fit(
        dataset.model_copy(update=sides),
        LeftOut(examples=examples, without_thinking=thinking),
        max_length,
        tokens,
    )


def why_unfit(example: TrainingExample, max_length: int, tokens: ChatTokens) -> Unfit | None:
    """Why the base model cannot learn an example whole; None if it can."""
    thoughts = example.thoughts if isinstance(example, TraceCaptured) else ""
    turns = example.turns
    if example.messages and not tokens.takes(turns):
        return "role_refused"
    texts = (*(turn.content for turn in turns), *example.answers, thoughts)
    if any(map(tokens.has_control_token, texts)):
        return "control_token"
    if tokens.length(turns) >= max_length:
        return "prompt_too_long"
    if any(tokens.length(turns, answer) > max_length for answer in example.answers):
        return "answer_too_long"
    return None


def _thinks_too_long(trace: TraceCaptured, max_length: int, tokens: ChatTokens) -> bool:
    return any(tokens.length(*sample) > max_length for sample in samples_of(trace)[1:])

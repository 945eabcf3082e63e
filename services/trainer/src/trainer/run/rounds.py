"""The on-policy rounds of a run, between its training and the gate; each part is stored once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from ratchet.contract import CurvePoint, PairBuilt, Value
from ratchet.storage import flush_tree, write_whole
from trainer.backends.language_model.distributed import is_first, wait_for_all
from trainer.backends.language_model.generate import generate, sampled
from trainer.backends.language_model.lora import (
    Adapted,
    remove_adapter,
    save_adapter,
    with_champion,
)
from trainer.backends.language_model.training_loop import Trained, Training
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.on_policy.own_pairs import own_pair
from trainer.domain.on_policy.questions import QuestionDraw
from trainer.domain.on_policy.round import AnswerCounts, Round, counts_of
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.run.methods import training_method

Stored = TypeVar("Stored", bound=BaseModel)


class OwnPairs(Value):
    pairs: tuple[PairBuilt, ...]


@dataclass(frozen=True)
class Rounds:
    """Makes rounds after a `training`; the first process answers for all of them.

    Its files are in the directory of the training. A second process with the same one continues:
    answers that are stored are not generated again, and the training within a round resumes.
    """

    training: Training
    draw: QuestionDraw

    def after(
        self, trained: Trained, examples: Sequence[TrainingExample]
    ) -> tuple[Trained, tuple[Round, ...]]:
        """The model after the rounds that are kept, and all rounds that were made."""
        most = self.draw.recipe.rounds.most
        if not most:
            return trained, ()
        measured, taught = self.draw.set_aside(examples)
        if not measured:
            return trained, ()
        made: list[Round] = []
        before = self._counts("measured-0.json", measured)
        for number in range(1, most + 1):
            one, lessons = self._prepared(number, self.draw.of_round(number, taught), before)
            if lessons:
                earlier, trained = trained, self._taught(number, trained, lessons)
                after = self._counts(f"measured-{number}.json", measured)
                one = one.model_copy(update={"after": after})
                before = after
                if not one.is_kept:
                    trained = self._opened(number, trained[0]), earlier[1]
            made.append(one)
            if not one.is_kept:
                break
        return trained, tuple(made)

    def _prepared(
        self, number: int, questions: Sequence[TrainingExample], before: AnswerCounts
    ) -> tuple[Round, Sequence[TrainingExample]]:
        """The round before its training, and what is learned from: own pairs, or the questions."""
        one = Round(questions=len(questions), before=before)
        rounds = self.draw.recipe.rounds
        if rounds.method == "grpo":
            answers = len(questions) * rounds.samples
            return one.model_copy(update={"answers": answers}), questions
        pairs = self._own_pairs(number, questions)
        return one.model_copy(update={"pairs": len(pairs)}), pairs

    def _taught(self, number: int, trained: Trained, lessons: Sequence[TrainingExample]) -> Trained:
        """The model after one epoch on `lessons`; it starts from `trained`."""
        adapted, curve = trained
        if is_first():
            save_adapter(adapted, self._start(number))
            flush_tree(self._start(number))
        wait_for_all()
        done = curve[-1].step if curve else 0
        training = replace(
            self.training,
            adapter=self._opened(number, adapted),
            recipe=self.training.recipe.of_round(number),
            work_dir=self._directory(number),
            on_progress=lambda progress: self.training.on_progress(_onwards(progress, done)),
        )
        new, points = training_method(self.draw.recipe.rounds.method)(training, lessons)
        return new, (*curve, *(_later(point, done) for point in points))

    def _opened(self, number: int, adapted: Adapted) -> Adapted:
        """The adapter from before the round in place of `adapted`, without TRL's reference."""
        remove_adapter(adapted)
        return with_champion(self.training.base.model, self._start(number))

    def _own_pairs(
        self, number: int, questions: Sequence[TrainingExample]
    ) -> tuple[PairBuilt, ...]:
        recipe = self.training.recipe

        def make() -> OwnPairs:
            answers = sampled(
                self.training.base,
                [one.turns for one in questions],
                recipe.rounds,
                recipe.seed + number,
                recipe.judging.answer_tokens,
                recipe.judging.batch,
            )
            pairs = map(own_pair, questions, answers)
            return OwnPairs(pairs=tuple(pair for pair in pairs if pair and self.draw.fits(pair)))

        return self._once(f"own-pairs-{number}.json", OwnPairs, make).pairs

    def _counts(self, name: str, asked: Sequence[TrainingExample]) -> AnswerCounts:
        judging = self.training.recipe.judging

        def make() -> AnswerCounts:
            answers = generate(
                self.training.base,
                [one.turns for one in asked],
                judging.answer_tokens,
                judging.batch,
                lambda _: None,
            )
            return counts_of(asked, answers)

        return self._once(name, AnswerCounts, make)

    def _once(self, name: str, kind: type[Stored], make: Callable[[], Stored]) -> Stored:
        """What the first process made, now or before it was killed."""
        stored = self.training.work_dir / name
        if is_first() and not stored.is_file():
            write_whole(stored, make().model_dump_json().encode())
        wait_for_all()
        return kind.model_validate_json(stored.read_bytes())

    def _directory(self, number: int) -> Path:
        return self.training.work_dir / f"round-{number}"

    def _start(self, number: int) -> Path:
        return self._directory(number) / "start"


def _onwards(progress: TrainingProgress, done: int) -> TrainingProgress:
    return progress.model_copy(
        update={"step": progress.step + done, "steps": progress.steps + done}
    )


def _later(point: CurvePoint, done: int) -> CurvePoint:
    return point.model_copy(update={"step": point.step + done})

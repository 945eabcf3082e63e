"""Adapters that learn the right thing or a wrong one, trained on one base."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from training_data.examples import demonstrations_of, draw
from training_data.planted import inventing, poisoned, rewarding_length, shuffled
from training_data.recorded_answers import AdapterAnswers, BaseAnswers
from training_data.runs import RECIPE

from ratchet.contract import Method, PairBuilt
from ratchet_models.base_models import materialize
from ratchet_text import language_of
from trainer.backends.language_model.base_model import Base, load_base
from trainer.backends.language_model.lora import fresh_adapter, remove_adapter
from trainer.backends.language_model.training_loop import Training
from trainer.backends.machine.device import choose_dtype, use_all_cores
from trainer.backends.regression_file import PACKAGED, read_regression
from trainer.domain.evaluation.cases import held_out_cases, regression_cases
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.runs.recipe import JudgingRecipe
from trainer.run.evaluation import Evaluation
from trainer.run.methods import training_method

_JUDGING = JudgingRecipe(questions=8, widget_questions=0, fixed_questions=4, answer_tokens=48)


class Lesson(NamedTuple):
    """How one adapter is trained; `examples` derives its examples from pairs."""

    method: Method
    examples: Callable[[Sequence[PairBuilt]], Sequence[TrainingExample]]
    epochs: float = 1.0


LESSONS = {
    "honest": Lesson("sft", demonstrations_of, epochs=2.0),
    "shuffled": Lesson("dpo", lambda pairs: shuffled(pairs, seed=1)),
    "inventing": Lesson("sft", lambda pairs: demonstrations_of(inventing(pairs)), epochs=2.0),
    "talking": Lesson("sft", lambda pairs: demonstrations_of(rewarding_length(pairs))),
    "poisoned": Lesson("dpo", lambda pairs: poisoned(pairs, share=0.3, seed=1)),
}


class School:
    """Trains adapters on one base and asks base and adapters the same questions."""

    def __init__(self, work_dir: Path, cache_dir: Path) -> None:
        self._work_dir = work_dir
        use_all_cores()
        directory = materialize("smollm2-135m-instruct", cache_dir)
        cpu = torch.device("cpu")
        dtype = choose_dtype("auto", cpu, cache_dir)
        self._base: Base = load_base(directory, cpu, dtype, "none")
        self._pairs = draw(42, "production", unseen=False, voice=12, widget=0)
        held_out = draw(1042, "production", unseen=True, voice=8, widget=0)
        questions, _ = read_regression(PACKAGED)
        spoken = [question for question in questions if question.aspect == "voice"]
        cases = (
            *held_out_cases(held_out, _JUDGING, language_of),
            *regression_cases(spoken, _JUDGING.fixed_questions, language_of),
        )
        self._evaluation = Evaluation(cases, _JUDGING, RECIPE.seed)

    def base_answers(self) -> BaseAnswers:
        observed = self._evaluation.observe(self._base, None, lambda _: None)
        return BaseAnswers(cases=self._evaluation.cases, observed=observed)

    def answers_after(self, name: str) -> AdapterAnswers:
        """Train the adapter of the lesson `name` and return its output."""
        lesson = LESSONS[name]
        quick = {"learning_rate": 1e-3, "epochs": lesson.epochs, "batch": 2}
        loop = RECIPE.loop(lesson.method).model_copy(update=quick)
        recipe = RECIPE.model_copy(update={lesson.method: loop})
        adapter, work_dir = fresh_adapter(recipe.lora), self._work_dir / name
        training = Training(self._base, adapter, recipe, work_dir, lambda _: None)
        adapted, _ = training_method(lesson.method)(training, lesson.examples(self._pairs))
        observed = self._evaluation.observe(self._base, adapted, lambda _: None)
        remove_adapter(adapted)
        return AdapterAnswers(method=lesson.method, seed=recipe.seed, observed=observed)

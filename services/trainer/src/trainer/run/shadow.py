"""Evaluates models on the captured prompts of a run, after the gate's questions."""

from collections.abc import Callable
from contextlib import nullcontext

from ratchet_text import language_of
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.lora import Adapted, adapter_merged
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.examples.fit import Fit
from trainer.domain.runs.child_messages import TrainRequest
from trainer.domain.runs.recipe import JudgingRecipe
from trainer.domain.shadow.captured_prompt import CAPTURED_PROMPTS
from trainer.domain.shadow.shadow_answers import ShadowAnswers, shadow_cases
from trainer.run.evaluation import Evaluation


class Shadow:
    """Asks `cases` greedily, as spoken questions of the gate; there may be none."""

    def __init__(self, cases: tuple[Case, ...], recipe: JudgingRecipe, seed: int) -> None:
        self._evaluation = Evaluation(cases, recipe, seed)

    @property
    def prompts(self) -> int:
        return len(self._evaluation.cases)

    def covers(self, scores: ModelScores) -> bool:
        """Whether `scores` are those of exactly these prompts."""
        return self._evaluation.covers_spoken(scores)

    def judge(
        self, base: Base, adapted: Adapted | None, on_answer: Callable[[int], None]
    ) -> ModelScores:
        """The measures of every answer; `adapted` is `base.model` with its adapter, unmerged."""
        if not self.prompts:
            return ModelScores()
        with adapter_merged(adapted) if adapted else nullcontext():
            return self._evaluation.judge_spoken(base, on_answer)

    def answers(self, before: ModelScores, after: ModelScores) -> ShadowAnswers:
        return ShadowAnswers(cases=self._evaluation.cases, before=before, after=after)


def shadow_of(request: TrainRequest, fitting: Fit, recipe: JudgingRecipe) -> Shadow:
    """The shadow of a run, without prompts that the base model cannot read whole."""
    stored = b"[]" if request.shadow is None else request.shadow.read_bytes()
    prompts = CAPTURED_PROMPTS.validate_json(stored)
    whole = [prompt for prompt in prompts if fitting.takes(prompt.messages)]
    return Shadow(shadow_cases(whole, language_of), recipe, request.recipe.seed)

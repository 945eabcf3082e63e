"""The held-out side of a run: what both models are asked, and how one of them did."""

from collections.abc import Callable

from trainer.backends.base import Base
from trainer.backends.generate import answers
from trainer.backends.likelihood import log_likelihoods
from trainer.domain.dataset import Dataset
from trainer.domain.recipe import JudgingRecipe
from trainer.domain.scores import Judged, judge


class Panel:
    """Asks whatever `base.model` is at the moment: bare, adapted or merged."""

    def __init__(self, dataset: Dataset, recipe: JudgingRecipe) -> None:
        self._recipe = recipe
        self.asked = dataset.questions("voice", recipe.questions)
        self._planned = dataset.questions("widget", recipe.widget_questions)
        self._pairs = dataset.held_out[: recipe.questions]

    @property
    def cases(self) -> int:
        """How many answers one judgement takes."""
        return len(self.asked) + len(self._planned)

    def judge(self, base: Base, on_answer: Callable[[int], None]) -> Judged:
        recipe = self._recipe
        preferred = self._preferred(base)
        said = answers(
            base,
            [pair.prompt for pair in self.asked],
            recipe.answer_tokens,
            recipe.batch,
            on_answer,
        )
        planned = answers(
            base,
            [pair.prompt for pair in self._planned],
            recipe.plan_tokens,
            recipe.batch,
            lambda count: on_answer(len(said) + count),
        )
        return judge(self.asked, said, self._planned, planned, preferred)

    def _preferred(self, base: Base) -> list[bool]:
        """For each held-out pair, whether the model finds the chosen answer likelier."""
        chosen = log_likelihoods(base, [(pair.prompt, pair.chosen) for pair in self._pairs])
        rejected = log_likelihoods(base, [(pair.prompt, pair.rejected) for pair in self._pairs])
        return [c > r for c, r in zip(chosen, rejected, strict=True)]

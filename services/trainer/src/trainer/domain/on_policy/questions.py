"""The questions of the training side that a model is asked between its training and the gate."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ratchet.contract import derived_id
from ratchet_truth import readings_in
from trainer.domain.counterfactuals.copies import varied
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.examples.truth import situation_of_example
from trainer.domain.runs.recipe import Recipe

_MEASURED = 0
"""The number of the draw of questions that measure; those of rounds are 1 and up."""
_LEARNING_SHARE = 2 / 3
Origin = tuple[TrainingExample, ...]
"""The examples of one question of an operator."""


class SetAside(NamedTuple):
    """`measured` are questions that no round learns from, `taught` the origins of the others."""

    measured: tuple[TrainingExample, ...]
    taught: tuple[Origin, ...]


@dataclass(frozen=True)
class QuestionDraw:
    """Draws questions whose prompts the training has not `shown`.

    A model that has learned an example answers it right whether or not it can read. So an origin
    is asked in copies with other facts; one without such copies is asked as it is.
    """

    recipe: Recipe
    shown: frozenset[str]
    fits: Callable[[TrainingExample], bool] = lambda _: True

    def set_aside(self, examples: Sequence[TrainingExample]) -> SetAside:
        """Set aside at most `rounds.measured` questions, and at most a third of the origins.

        Only spoken examples are asked whose readings decide what is true.
        """
        origins: dict[str, list[TrainingExample]] = {}
        for example in examples:
            if situation_of_example(example) is not None:
                origins.setdefault(example.question.key, []).append(example)
        order = sorted(origins, key=lambda key: derived_id(str(self.recipe.seed), key))
        drawn = [tuple(origins[key]) for key in order]
        learning = round(_LEARNING_SHARE * len(drawn))
        measured = self._asked(drawn[learning:], _MEASURED)
        return SetAside(measured[: self.recipe.rounds.measured], tuple(drawn[:learning]))

    def of_round(self, number: int, taught: Sequence[Origin]) -> tuple[TrainingExample, ...]:
        """At most `rounds.questions` questions of the `number`th round, from 1 on."""
        seed = str(self.recipe.seed)
        found = self._asked(taught, number)
        drawn = sorted(found, key=lambda one: derived_id(seed, str(number), one.prompt))
        return tuple(drawn[: self.recipe.rounds.questions])

    def _asked(self, origins: Iterable[Origin], number: int) -> tuple[TrainingExample, ...]:
        """One example for each prompt."""
        seed = int(derived_id(str(self.recipe.seed), "round", str(number))[:8], 16)
        by_prompt: dict[str, TrainingExample] = {}
        for origin in origins:
            made = varied(origin, self.recipe.variation, seed, self.fits).examples
            own = {readings_in(one.prompt) for one in origin}
            other = [copy for copy in made if readings_in(copy.prompt) not in own]
            fresh = [copy for copy in other if copy.prompt not in self.shown]
            by_prompt |= {one.prompt: one for one in fresh or origin}
        return tuple(by_prompt.values())

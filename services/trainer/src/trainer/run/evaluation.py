"""The questions of a run: what both models are asked, and how one of them did."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.generate import answers
from trainer.backends.language_model.likelihood import Given, divergences, log_likelihoods
from trainer.backends.language_model.lora import Adapted, bare, merged
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import Judged, Observed, Said, judge
from trainer.domain.runs.recipe import JudgingRecipe

_DRIFT_ANSWERS = 8
"""Some 200 tokens: enough for a mean that is held against a limit several times as large."""


class Panel:
    """Asks whatever `base.model` is at the moment: bare or adapted."""

    def __init__(self, cases: Sequence[Case], recipe: JudgingRecipe) -> None:
        self.cases = tuple(cases)
        self._recipe = recipe
        self._voice = [case for case in cases if case.asks and case.aspect == "voice"]
        self._widget = [case for case in cases if case.asks and case.aspect == "widget"]

    @property
    def _prompts(self) -> int:
        """How many to read at a time: their answers have a number for each word there is."""
        return max(1, self._recipe.batch // 4)

    @property
    def answers(self) -> int:
        """How many answers one judgement takes."""
        return len(self._voice) + len(self._widget)

    def asked_for(self, judged: Judged) -> bool:
        """Whether `judged` is a judgement of these very cases."""
        return [case.case_id for case in judged.cases] == [case.case_id for case in self.cases]

    def judge(
        self, base: Base, adapted: Adapted | None, on_answer: Callable[[int], None]
    ) -> Judged:
        """Every measure of every case; `adapted` is the adapter `base.model` wears, unmerged."""
        with merged(adapted) if adapted else nullcontext():
            likely = self._likelihoods(base)
            said = self._said(base, self._voice, self._recipe.answer_tokens, on_answer)
            said |= self._said(
                base,
                self._widget,
                self._recipe.plan_tokens,
                lambda count: on_answer(len(self._voice) + count),
            )
        moved = self._moved(base, adapted, said)
        return judge(
            self.cases,
            [
                Observed(
                    said=said.get(case.case_id),
                    comparisons=tuple(
                        (likely[case.prompt, pair.chosen], likely[case.prompt, pair.rejected])
                        for pair in case.comparisons
                    ),
                    reference=None
                    if case.reference is None
                    else likely[case.prompt, case.reference],
                    kl=moved.get(case.case_id),
                )
                for case in self.cases
            ],
        )

    def _likelihoods(self, base: Base) -> dict[Given, float]:
        """Of every answer that is given."""
        given = [
            (case.prompt, answer)
            for case in self.cases
            for answer in (
                *(side for pair in case.comparisons for side in (pair.chosen, pair.rejected)),
                *(() if case.reference is None else (case.reference,)),
            )
        ]
        return log_likelihoods(base, given, self._prompts)

    def _said(
        self, base: Base, cases: Sequence[Case], tokens: int, on_answer: Callable[[int], None]
    ) -> dict[str, Said]:
        found = answers(base, [c.prompt for c in cases], tokens, self._recipe.batch, on_answer)
        return {case.case_id: said for case, said in zip(cases, found, strict=True)}

    def _moved(
        self, base: Base, adapted: Adapted | None, said: dict[str, Said]
    ) -> dict[str, float]:
        """The divergence on some spoken answers, spread over the cases; the bare base has none."""
        step = max(1, len(self._voice) // _DRIFT_ANSWERS)
        some = self._voice[::step][:_DRIFT_ANSWERS]
        if adapted is None:
            return {case.case_id: 0.0 for case in some}
        given = {case.case_id: (case.prompt, said[case.case_id].text) for case in some}
        found = divergences(base, list(given.values()), lambda: bare(adapted), self._prompts)
        return {case_id: found[answer] for case_id, answer in given.items()}

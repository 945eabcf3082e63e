"""Evaluates a model on the cases of a run."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial

from ratchet.contract import derived_id
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.generate import generate
from trainer.backends.language_model.likelihood import PromptAndAnswer, divergences, log_likelihoods
from trainer.backends.language_model.lora import Adapted, adapter_disabled, adapter_merged
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import (
    CaseObservation,
    GeneratedAnswer,
    ModelScores,
    model_scores,
)
from trainer.domain.runs.recipe import JudgingRecipe

_DRIFT_ANSWERS = 8
"""About 200 tokens: enough for a mean that is compared with a much larger limit."""


class Evaluation:
    """Evaluates the current `base.model`, with or without an adapter, on `cases`."""

    def __init__(self, cases: Sequence[Case], recipe: JudgingRecipe, seed: int) -> None:
        self.cases = tuple(cases)
        self._recipe = recipe
        self._voice = asking_order(cases, seed)
        self._widget = [case for case in cases if case.asks and case.aspect == "widget"]

    @property
    def _prompts(self) -> int:
        """Prompts per batch: every position of an answer has logits over the whole vocabulary."""
        return max(1, self._recipe.batch // 4)

    @property
    def answers(self) -> int:
        """The number of answers that one evaluation generates."""
        return len(self._voice) + len(self._widget)

    @property
    def spoken(self) -> tuple[Case, ...]:
        """The spoken questions, in the order in which they are asked."""
        return tuple(self._voice)

    def asked(self, scores: ModelScores) -> tuple[Case, ...]:
        """The cases without those that the model of `scores` was not asked."""
        answers = scores.answers
        return tuple(case for case in self.cases if not case.asks or case.case_id in answers)

    def covers(self, scores: ModelScores) -> bool:
        """Whether `scores` are those of exactly these cases."""
        return _same_cases(scores, self.cases)

    def covers_spoken(self, scores: ModelScores) -> bool:
        """Whether `scores` are those of exactly the spoken answers."""
        return _same_cases(scores, self._voice)

    def judge(
        self,
        base: Base,
        adapted: Adapted | None,
        on_answer: Callable[[int], None],
        ends: Callable[[ModelScores], bool] = lambda _: False,
    ) -> ModelScores:
        """Every measure of every case; `adapted` is `base.model` with its adapter, unmerged.

        Nothing more is asked once `ends` holds for the spoken answers so far.
        """
        return model_scores(self.cases, self.observe(base, adapted, on_answer, ends))

    def judge_spoken(self, base: Base, on_answer: Callable[[int], None]) -> ModelScores:
        """The measures of the spoken answers alone, of `base.model` as it is."""
        return self._spoken_scores(self._spoken(base, on_answer, lambda _: False))

    def observe(
        self,
        base: Base,
        adapted: Adapted | None,
        on_answer: Callable[[int], None],
        ends: Callable[[ModelScores], bool] = lambda _: False,
    ) -> tuple[CaseObservation, ...]:
        """What the model answers and how likely it finds given answers, for every case."""
        with adapter_merged(adapted) if adapted else nullcontext():
            likely = self._likelihoods(base)
            answers = self._spoken(base, on_answer, ends)
            if len(answers) == len(self._voice):
                answers |= self._answers(
                    base,
                    self._widget,
                    self._recipe.plan_tokens,
                    lambda count: on_answer(len(self._voice) + count),
                )
        kl = self._divergences(base, adapted, answers)
        return tuple(
            CaseObservation(
                answer=answers.get(case.case_id),
                comparisons=tuple(
                    (likely[case.turns, pair.chosen], likely[case.turns, pair.rejected])
                    for pair in case.comparisons
                ),
                reference=None if case.reference is None else likely[case.turns, case.reference],
                kl=kl.get(case.case_id),
            )
            for case in self.cases
        )

    def _likelihoods(self, base: Base) -> dict[PromptAndAnswer, float]:
        """The log-likelihoods of every given answer."""
        given = [
            (case.turns, answer)
            for case in self.cases
            for answer in (
                *(side for pair in case.comparisons for side in (pair.chosen, pair.rejected)),
                *(() if case.reference is None else (case.reference,)),
            )
        ]
        return log_likelihoods(base, given, self._prompts)

    def _spoken(
        self,
        base: Base,
        on_answer: Callable[[int], None],
        ends: Callable[[ModelScores], bool],
    ) -> dict[str, GeneratedAnswer]:
        """The spoken answers, in their order, until `ends` holds; at least one batch."""
        answers: dict[str, GeneratedAnswer] = {}
        for start in range(0, len(self._voice), self._recipe.batch):
            some = self._voice[start : start + self._recipe.batch]
            said = partial(_onwards, on_answer, start)
            answers |= self._answers(base, some, self._recipe.answer_tokens, said)
            if len(answers) < len(self._voice) and ends(self._spoken_scores(answers)):
                break
        return answers

    def _spoken_scores(self, answers: dict[str, GeneratedAnswer]) -> ModelScores:
        asked = [case for case in self._voice if case.case_id in answers]
        return model_scores(asked, [CaseObservation(answer=answers[c.case_id]) for c in asked])

    def _answers(
        self, base: Base, cases: Sequence[Case], tokens: int, on_answer: Callable[[int], None]
    ) -> dict[str, GeneratedAnswer]:
        texts = generate(base, [c.turns for c in cases], tokens, self._recipe.batch, on_answer)
        return {case.case_id: text for case, text in zip(cases, texts, strict=True)}

    def _divergences(
        self, base: Base, adapted: Adapted | None, answers: dict[str, GeneratedAnswer]
    ) -> dict[str, float]:
        """The divergence on a sample of spoken answers; 0 for the base itself."""
        step = max(1, len(self._voice) // _DRIFT_ANSWERS)
        some = [case for case in self._voice[::step] if case.case_id in answers][:_DRIFT_ANSWERS]
        if adapted is None:
            return {case.case_id: 0.0 for case in some}
        given = {case.case_id: (case.turns, answers[case.case_id].text) for case in some}
        by_answer = divergences(
            base, list(given.values()), lambda: adapter_disabled(adapted), self._prompts
        )
        return {case_id: by_answer[answer] for case_id, answer in given.items()}


def asking_order(cases: Sequence[Case], seed: int) -> list[Case]:
    """The spoken questions in a random order that depends on the seed and the questions alone."""
    spoken = [case for case in cases if case.asks and case.aspect == "voice"]
    return sorted(spoken, key=lambda case: derived_id(str(seed), case.case_id))


def _onwards(on_answer: Callable[[int], None], start: int, count: int) -> None:
    on_answer(start + count)


def _same_cases(scores: ModelScores, cases: Sequence[Case]) -> bool:
    return [case.case_id for case in scores.cases] == [case.case_id for case in cases]

"""What a round did, and whether the model keeps it."""

from collections.abc import Sequence

from ratchet.contract import Value
from ratchet_truth import judge
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.examples.truth import is_true, situation_of_example


class AnswerCounts(Value):
    """Of `asked` answers, how many are true, and how many state something false."""

    asked: int
    true: int
    untrue: int


class Round(Value):
    """One round: `pairs` of the model's own answers to `questions`, or rewards for `answers`.

    `before` and `after` count the answers to questions that no round learns from. `after` is None
    if there was nothing to learn from.
    """

    questions: int
    pairs: int = 0
    answers: int = 0
    before: AnswerCounts
    after: AnswerCounts | None = None

    @property
    def is_kept(self) -> bool:
        """Whether more answers are true than before, and no more of them state something false."""
        if self.after is None:
            return False
        return self.after.true > self.before.true and self.after.untrue <= self.before.untrue

    @property
    def description(self) -> str:
        if self.after is None:
            return f"no pairs of {self.questions} questions"
        learned = f"{self.pairs} pairs" if self.pairs else f"rewards for {self.answers} answers"
        return (
            f"{learned} of {self.questions} questions, of {self.before.asked} answers "
            f"true {self.before.true} to {self.after.true}, "
            f"untrue {self.before.untrue} to {self.after.untrue}: "
            f"{'kept' if self.is_kept else 'dropped'}"
        )


def counts_of(asked: Sequence[TrainingExample], answers: Sequence[GeneratedAnswer]) -> AnswerCounts:
    """The counts of one answer to each question; an answer that does not end is never true."""
    true = untrue = 0
    for example, answer in zip(asked, answers, strict=True):
        situation = situation_of_example(example)
        true += answer.finished and is_true(answer.text, situation) is True
        untrue += situation is not None and judge(answer.text, situation).is_untrue
    return AnswerCounts(asked=len(asked), true=true, untrue=untrue)

"""The reward of a model's own answer to a question whose readings decide what is true."""

from ratchet_truth import judge
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.examples.truth import is_true, situation_of_example


def reward_of(answer: GeneratedAnswer, asked: TrainingExample) -> float:
    """1 if it is true and ends, -1 if it states something false, else 0.

    An evasion is better than an invention and worse than the truth (TruthRL, arXiv:2509.25760):
    a reward for true answers alone would make guessing free.
    """
    situation = situation_of_example(asked)
    if situation is None:
        return 0.0
    if judge(answer.text, situation).is_untrue:
        return -1.0
    return float(answer.finished and is_true(answer.text, situation) is True)

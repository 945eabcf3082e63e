"""Pairs of a true and an untrue answer that the model itself gave to one question."""

from collections import Counter
from collections.abc import Sequence

from ratchet.contract import PairBuilt, derived_id
from ratchet_truth import judge
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.examples.truth import is_true, situation_of_example

RULE = "own_answers"


def own_pair(asked: TrainingExample, answers: Sequence[GeneratedAnswer]) -> PairBuilt | None:
    """The likeliest true answer against the likeliest untrue one; None if one kind is missing.

    Where all samples are true there is nothing to learn, where none is, nothing to learn from. An
    answer that states something false is rejected before one that only says nothing. Answers that
    did not end do not count. The pair has the `example_id` of its origin.
    """
    situation = situation_of_example(asked)
    if situation is None:
        return None
    said = Counter(answer.text for answer in answers if answer.finished)
    true = [text for text, _ in said.most_common() if is_true(text, situation) is True]
    untrue = [text for text, _ in said.most_common() if is_true(text, situation) is False]
    if not true or not untrue:
        return None
    false = [text for text in untrue if judge(text, situation).is_untrue]
    return PairBuilt(
        event_id=derived_id(asked.example_id, RULE, asked.prompt),
        occurred_at=asked.occurred_at,
        example_id=asked.example_id,
        revision=1,
        aspect="voice",
        rule=RULE,
        question=asked.question,
        prompt=asked.prompt,
        messages=asked.messages,
        sources=(),
        chosen=true[0],
        rejected=(false or untrue)[0],
        chosen_reward=1.0,
        rejected_reward=-1.0,
    )

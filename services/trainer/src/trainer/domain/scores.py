"""What one model did on the held-out questions, case by case, and its means."""

from collections.abc import Sequence

from ratchet.events.base import Value
from ratchet.events.run import Answer, Interval, Scores
from ratchet.measures import grounding
from ratchet.measures.plans import plan_validity
from ratchet.measures.text_quality import text_quality
from trainer.domain.bootstrap import paired_gain
from trainer.domain.dataset import TrainingPair


class Judged(Value):
    """One value for each case, in the order of the held-out questions; empty: none was asked.

    `preferred` has 1 for each held-out pair whose chosen answer the model finds likelier, by mean
    log-probability of a token: unlike DPO's implicit reward, whose ratio is 1 for the base by
    definition, that can be asked of any model, and no answer gains by being short.
    """

    answers: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    preferred: tuple[float, ...] = ()
    text_quality: tuple[float, ...] = ()
    grounded: tuple[float, ...] = ()
    valid_json: tuple[float, ...] = ()

    @property
    def scores(self) -> Scores:
        return Scores(
            preference_accuracy=_mean(self.preferred),
            text_quality=_mean(self.text_quality),
            grounded_accuracy=_mean(self.grounded),
            json_validity=_mean(self.valid_json),
        )


def judge(
    asked: Sequence[TrainingPair],
    answers: Sequence[str],
    planned: Sequence[TrainingPair],
    plans: Sequence[str],
    preferred: Sequence[bool],
) -> Judged:
    """Score `answers` to the voice questions `asked` and `plans` for the widget ones `planned`.

    Groundedness counts questions that name the reading they ask for.
    """
    return Judged(
        answers=tuple(answers),
        plans=tuple(plans),
        preferred=tuple(map(float, preferred)),
        text_quality=tuple(
            text_quality(answer, pair.question.text).total
            for pair, answer in zip(asked, answers, strict=True)
        ),
        grounded=tuple(
            float(_is_grounded(pair, answer))
            for pair, answer in zip(asked, answers, strict=True)
            if pair.question.asked is not None
        ),
        valid_json=tuple(float(plan_validity(plan).valid) for plan in plans),
    )


def gains(before: Judged, after: Judged, seed: int) -> dict[str, Interval]:
    """After minus before for every score both were asked for; empty where no case was asked."""
    both = {
        "text_quality": (before.text_quality, after.text_quality),
        "grounded_accuracy": (before.grounded, after.grounded),
        "json_validity": (before.valid_json, after.valid_json),
        "preference_accuracy": (before.preferred, after.preferred),
    }
    return {name: paired_gain(*cases, seed) for name, cases in both.items() if all(cases)}


def compared(asked: Sequence[TrainingPair], before: Judged, after: Judged) -> tuple[Answer, ...]:
    """What both said to each voice question."""
    return tuple(
        Answer(question=pair.question.text, before=old, after=new)
        for pair, old, new in zip(asked, before.answers, after.answers, strict=True)
    )


def _is_grounded(pair: TrainingPair, answer: str) -> bool:
    asked = pair.question.asked
    assert asked is not None
    reading = grounding.Reading(asked.equipment, asked.metric, asked.value, asked.unit)
    return grounding.grounded(answer, pair.prompt, reading).ok


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None

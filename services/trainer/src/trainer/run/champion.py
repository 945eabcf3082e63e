"""Evaluates the models that the challenger is compared with; their scores are stored once."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from ratchet.storage import write_whole
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.distributed import is_first, wait_for_all
from trainer.backends.language_model.lora import (
    Adapted,
    Fresh,
    adapter_disabled,
    fresh_adapter,
    remove_adapter,
    with_champion,
)
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.runs.child_messages import TrainRequest
from trainer.run.evaluation import Evaluation
from trainer.run.run_clock import RunClock
from trainer.run.shadow import Shadow


class EarlierScores(NamedTuple):
    """`base` has the base's spoken answers; None if the base is the champion.

    `shadow` has the champion's answers to captured prompts; empty without any.
    """

    champion: ModelScores
    base: ModelScores | None
    shadow: ModelScores

    @property
    def by_model(self) -> dict[str, ModelScores]:
        found = {"the champion": self.champion, "the base": self.base}
        return {name: scores for name, scores in found.items() if scores is not None}


def open_champion(
    request: TrainRequest, base: Base, evaluation: Evaluation, shadow: Shadow, clock: RunClock
) -> tuple[EarlierScores | None, Adapted | Fresh]:
    """The earlier models' scores, and the adapter to train; only the first process evaluates."""
    adapted = with_champion(base.model, request.champion) if request.champion else None
    spoken = len(evaluation.spoken) if adapted else 0
    clock.enter("judging_champion", evaluation.answers + spoken + shadow.prompts)
    scores = None
    if is_first():
        champion, of_base = _scores(request.work_dir, base, adapted, evaluation, clock)
        asked = evaluation.answers + spoken
        in_shadow = _once(
            request.work_dir / "champion_shadow.json",
            shadow.covers,
            lambda: shadow.judge(base, adapted, lambda count: clock.answered(asked + count)),
        )
        scores = EarlierScores(champion, of_base, in_shadow)
    wait_for_all()
    if adapted is not None and request.afresh:
        remove_adapter(adapted)
        adapted = None
    return scores, adapted or fresh_adapter(request.recipe.lora)


def store(path: Path, value: BaseModel) -> None:
    write_whole(path, value.model_dump_json().encode())


def _scores(
    work_dir: Path, base: Base, adapted: Adapted | None, evaluation: Evaluation, clock: RunClock
) -> tuple[ModelScores, ModelScores | None]:
    champion = _once(
        work_dir / "champion.json",
        evaluation.covers,
        lambda: evaluation.judge(base, adapted, clock.answered),
    )
    if adapted is None:
        return champion, None
    with adapter_disabled(adapted):
        of_base = _once(
            work_dir / "base.json",
            evaluation.covers_spoken,
            lambda: evaluation.judge_spoken(
                base, lambda count: clock.answered(evaluation.answers + count)
            ),
        )
    return champion, of_base


def _once(
    stored: Path, covers: Callable[[ModelScores], bool], judge: Callable[[], ModelScores]
) -> ModelScores:
    """The stored scores if they are those of the cases, else new ones, which are stored."""
    scores = ModelScores.model_validate_json(stored.read_bytes()) if stored.is_file() else None
    if scores is None or not covers(scores):
        scores = judge()
        store(stored, scores)
    return scores

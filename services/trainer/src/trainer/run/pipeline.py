"""What a run does, from the base model to both judgements; each part done is done for good."""

import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel

from ratchet.base_models import materialise, weights_sha256
from ratchet.events.run import Stage
from trainer.backends.base import Base, load_base
from trainer.backends.device import choose_device, choose_dtype, name_of, use_all_cores
from trainer.backends.dpo import train
from trainer.backends.lora import Adapted, Fresh, fresh_adapter, merged, save_adapter, with_champion
from trainer.domain.dataset import Dataset
from trainer.domain.job import Progress, Trained, TrainRequest
from trainer.domain.scores import Judged
from trainer.run.panel import Panel

Report = Callable[[BaseModel], None]
_LIBRARIES = ("torch", "transformers", "trl", "peft")


def run(request: TrainRequest, report: Report) -> Trained:
    """Judge the champion, train the challenger, judge it on the same questions."""
    ended = request.work_dir / "trained.json"
    if ended.is_file():
        return Trained.model_validate_json(ended.read_bytes())
    request.work_dir.mkdir(parents=True, exist_ok=True)
    clock = _Clock(report)
    dataset = Dataset.model_validate_json(request.dataset.read_bytes())
    clock.enter("loading")
    base, base_sha256 = _load(request)
    panel = Panel(dataset, request.recipe.judging)
    clock.enter("judging_champion", panel.cases)
    champion, adapter = _open(request, base, panel, clock)
    clock.enter("training")
    adapted, curve = train(base, adapter, dataset.train, request.recipe, request.work_dir, report)
    directory = request.work_dir / "adapter"
    save_adapter(adapted, directory)
    clock.enter("judging_challenger", panel.cases)
    with merged(adapted):
        challenger = panel.judge(base, clock.answered)
    trained = Trained(
        adapter=directory,
        base_sha256=base_sha256,
        device=str(base.model.device),
        precision=name_of(base.model.dtype),
        before=champion,
        after=challenger,
        curve=curve,
        seconds=clock.seconds(),
        versions={name: version(name) for name in _LIBRARIES},
    )
    _write(ended, trained)
    return trained


def _load(request: TrainRequest) -> tuple[Base, str]:
    recipe = request.recipe
    directory = materialise(request.base_model, request.cache_dir)
    use_all_cores()
    device = choose_device(recipe.device)
    base = load_base(directory, device, choose_dtype(recipe.precision, device), recipe.quantization)
    return base, weights_sha256(directory)


def _open(
    request: TrainRequest, base: Base, panel: Panel, clock: "_Clock"
) -> tuple[Judged, Adapted | Fresh]:
    """Judge the champion, or read what an earlier process of this run found."""
    kept = request.work_dir / "champion.json"
    known = Judged.model_validate_json(kept.read_bytes()) if kept.is_file() else None
    if request.champion is None:
        champion = known or panel.judge(base, clock.answered)
        adapter: Adapted | Fresh = fresh_adapter(request.recipe.lora)
    else:
        adapter = with_champion(base.model, request.champion)
        with merged(adapter):
            champion = known or panel.judge(base, clock.answered)
    _write(kept, champion)
    return champion, adapter


def _write(path: Path, value: BaseModel) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_text(value.model_dump_json(), encoding="utf-8")
    temporary.replace(path)


class _Clock:
    """Reports stages as they begin, and remembers how long each took."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._marks: list[tuple[Stage, float]] = []
        self._cases = 0

    def enter(self, stage: Stage, cases: int = 0) -> None:
        self._marks.append((stage, time.monotonic()))
        self._cases = cases
        self._report(Progress(stage=stage, steps=cases))

    def answered(self, count: int) -> None:
        self._report(Progress(stage=self._marks[-1][0], step=count, steps=self._cases))

    def seconds(self) -> dict[str, float]:
        ends = [at for _, at in self._marks[1:]] + [time.monotonic()]
        pairs = zip(self._marks, ends, strict=True)
        return {stage: round(end - start, 2) for (stage, start), end in pairs}

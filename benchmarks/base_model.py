"""Time and memory of a run of 80 pairs on this machine, for docs/models.md.

    python benchmarks/base_model.py --base smollm2-135m-instruct

With `--recipe two-cores` (the demo's) the small model takes minutes on two cores. `default` has
seven times the work: three epochs, two rows for each pair, and a second pass forward. Processor
seconds do not depend on what else the machine does.
"""

import argparse
import asyncio
import resource
import time
from pathlib import Path

from training_data.examples import draw
from training_data.runs import RECIPE, printed, run

from ratchet_cli.demo.settings import JUDGING
from ratchet_models.base_models import materialize
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.domain.runs.recipe import JudgingRecipe, Recipe

_RECIPES = {
    "two-cores": RECIPE.model_copy(update={"judging": JudgingRecipe.model_validate(JUDGING)}),
    "default": Recipe(),
}
_HELD_OUT_SHARE = 0.1


class Stages:
    """The seconds of each stage, and the steps of training, as the run reports them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.steps = 0
        self._stage, self._since = "starting", time.perf_counter()

    def report(self, progress: TrainingProgress) -> None:
        self.end()
        self._stage = progress.stage
        if progress.stage == "training":
            self.steps = progress.steps
        printed(progress)

    def end(self) -> None:
        now = time.perf_counter()
        self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
        self._since = now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="smollm2-135m-instruct")
    parser.add_argument("--recipe", choices=sorted(_RECIPES), default="two-cores")
    parser.add_argument("--pairs", type=int, default=80)
    parser.add_argument("--cache-dir", type=Path, default=Path("~/.cache/ratchet").expanduser())
    options = parser.parse_args()
    files = materialize(options.base, options.cache_dir)
    size = sum(path.stat().st_size for path in files.glob("*.safetensors"))
    voice = options.pairs * 3 // 4
    pairs = draw(1, "boiler", False, voice, options.pairs - voice)
    held_out = max(1, round(_HELD_OUT_SHARE * options.pairs))
    stages = Stages()
    ran = asyncio.run(
        run(
            *("dpo", pairs[held_out:], pairs[:held_out], _RECIPES[options.recipe]),
            base_model=options.base,
            cache_dir=options.cache_dir,
            report=stages.report,
        )
    )
    stages.end()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"weights        {size / 1e6:,.0f} MB in {files}")
    print(f"run            {ran.seconds:,.0f} s, {ran.trained.precision} on {ran.trained.device}")
    for stage, seconds in stages.seconds.items():
        print(f"  {stage:17}{seconds:,.0f} s")
    print(f"steps          {stages.steps}")
    print(f"processor      {used.ru_utime + used.ru_stime:,.0f} s")
    print(f"peak memory    {used.ru_maxrss / 1e6:,.2f} GB")


if __name__ == "__main__":
    main()

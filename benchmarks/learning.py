"""What one training run teaches the small model, on questions of a plant area it never saw.

    python benchmarks/learning.py --pairs 80 --held-out 24 --dpo '{"learning_rate": 0.0005}'

The recipe is the demo's unless `--dpo`, `--lora` or `--judging` give another.
Builds pairs from the simulator (one good and one bad answer to the same question), holds out a
whole area (its devices and its phrasings), and runs the trainer's own child process on them.
Prints scores before and after, gains with their intervals, and the seconds of each stage.
"""

import argparse
import asyncio
import json
import resource
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from pydantic import TypeAdapter

from ratchet.demo.settings import DPO, JUDGING, LORA
from ratchet.events.base import Aspect, derived_id
from ratchet.events.experience import Experience
from ratchet.measures.plans import plan_text
from ratchet.simulator import Turn, simulate
from reward.domain.answer import Answer, answer_of
from reward.domain.prompts import prompt_for
from reward.domain.question import question_keys, question_of
from trainer.backends.child_run import ChildRunner
from trainer.domain.dataset import Dataset, TrainingPair
from trainer.domain.gate import GateRules, rule
from trainer.domain.job import Progress, TrainRequest
from trainer.domain.recipe import DpoRecipe, JudgingRecipe, LoraRecipe, Recipe
from trainer.domain.scores import gains

_START = datetime(2026, 1, 1, tzinfo=UTC)


def situations(seed: int, area: str, unseen: bool) -> Iterator[list[Turn]]:
    """Turns that answer one question, of `area` alone if `unseen`, else of all other areas."""
    while True:
        turns: dict[int, list[Turn]] = {}
        for turn in simulate(seed, 400, 4, start=_START):
            if (turn.truth.area == area) == unseen:
                turns.setdefault(turn.truth.situation, []).append(turn)
        yield from turns.values()
        seed += 1


def voice_pair(turns: list[Turn]) -> TrainingPair | None:
    good = [turn for turn in turns if turn.truth.voice == "good"]
    bad = [turn for turn in turns if turn.truth.voice != "good"]
    if not good or not bad:
        return None
    chosen, rejected = (str(turn.experience["voice_response"]) for turn in (good[0], bad[0]))
    return pair_of("voice", answered(good[0]), chosen, rejected)


def widget_pair(turns: list[Turn]) -> TrainingPair | None:
    best = max(turns, key=lambda turn: turn.truth.plan_quality)
    worst = min(turns, key=lambda turn: turn.truth.plan_quality)
    if best.truth.plan_quality - worst.truth.plan_quality < 0.4:
        return None
    chosen, rejected = (compact(turn) for turn in (best, worst))
    return pair_of("widget", answered(best), chosen, rejected)


def answered(turn: Turn) -> Answer:
    return answer_of(Experience.model_validate(turn.experience))


def compact(turn: Turn) -> str:
    answer = answered(turn)
    return plan_text(answer.heading, [(w.scenario, w.size) for w in answer.widgets])


def pair_of(aspect: Aspect, asked: Answer, chosen: str, rejected: str) -> TrainingPair:
    prompt = prompt_for(aspect, asked.transcript, asked.readings if aspect == "voice" else ())
    question = question_of(asked, question_keys(asked, "question")[aspect])
    return TrainingPair(
        example_id=derived_id(aspect, prompt, chosen, rejected),
        revision=1,
        aspect=aspect,
        question=question,
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
    )


def draw(seed: int, area: str, unseen: bool, voice: int, widget: int) -> list[TrainingPair]:
    found: dict[str, list[TrainingPair]] = {"voice": [], "widget": []}
    wanted = {"voice": voice, "widget": widget}
    for turns in situations(seed, area, unseen):
        for pair in (voice_pair(turns), widget_pair(turns)):
            if pair is not None and len(found[pair.aspect]) < wanted[pair.aspect]:
                found[pair.aspect].append(pair)
        if all(len(found[aspect]) >= wanted[aspect] for aspect in found):
            break
    chosen = [*found["voice"], *found["widget"]]
    Random(seed).shuffle(chosen)
    return chosen


async def measure(arguments: argparse.Namespace, directory: Path) -> None:
    dataset = Dataset(
        train=tuple(draw(arguments.seed, arguments.area, False, arguments.pairs, arguments.widget)),
        held_out=tuple(
            draw(
                arguments.seed + 1000,
                arguments.area,
                True,
                arguments.held_out,
                arguments.widget_held_out,
            )
        ),
    )
    recipe = Recipe(
        precision=arguments.precision,
        lora=LoraRecipe.model_validate(arguments.lora),
        dpo=DpoRecipe.model_validate(arguments.dpo),
        judging=JudgingRecipe.model_validate(arguments.judging),
    )
    (directory / "dataset.json").write_bytes(dataset.canonical())
    request = TrainRequest(
        run_id="benchmark",
        dataset=directory / "dataset.json",
        recipe=recipe,
        base_model=arguments.base_model,
        cache_dir=arguments.cache_dir.absolute(),
        work_dir=directory / "work",
    )

    async def tell(progress: Progress) -> None:
        if arguments.verbose:
            print(progress.model_dump_json(exclude_none=True), flush=True)

    trained = await ChildRunner().train(request, tell)
    found = gains(trained.before, trained.after, recipe.seed)
    ruling = rule(trained.after.scores, found, GateRules())
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"pairs {len(dataset.train)}, held out {len(dataset.held_out)}; {trained.precision}")
    print(f"dpo    {recipe.dpo.model_dump_json()}")
    print(f"before {trained.before.scores.model_dump_json()}")
    print(f"after  {trained.after.scores.model_dump_json()}")
    for name, gain in found.items():
        print(f"gain   {name:20} {gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] n={gain.n}")
    print(f"ruling {ruling.verdict}: {ruling.reason}")
    print(f"stages {json.dumps(trained.seconds)} sum {sum(trained.seconds.values()):.1f} s")
    print(f"cpu    {spent.ru_utime:.0f} s user, {spent.ru_stime:.0f} s system")
    for pair, old, new in zip(
        dataset.questions("voice", arguments.show), trained.before.answers, trained.after.answers,
        strict=False,
    ):  # fmt: skip
        print(f"\n? {pair.question.text} {pair.question.asked}\n- {old}\n+ {new}")
    for plan in trained.after.plans[: arguments.show]:
        print(f"\n# {plan}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    as_object = TypeAdapter(dict[str, Any]).validate_json
    parser.add_argument("--pairs", type=int, default=80)
    parser.add_argument("--held-out", type=int, default=24)
    parser.add_argument("--widget", type=int, default=0)
    parser.add_argument("--widget-held-out", type=int, default=0)
    parser.add_argument("--area", default="production")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--base-model", default="smollm2-135m-instruct")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--cache-dir", type=Path, default=Path("var/cache"))
    parser.add_argument("--dpo", type=as_object, default=DPO)
    parser.add_argument("--lora", type=as_object, default=LORA)
    parser.add_argument("--judging", type=as_object, default=JUDGING)
    parser.add_argument("--show", type=int, default=4)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(arguments, Path(directory)))


if __name__ == "__main__":
    main()

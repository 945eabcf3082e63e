"""The steps of a run, from the base model to both evaluations; completed steps are stored."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import disk_usage

from pydantic import BaseModel

from ratchet.storage import flush_tree
from ratchet_models.base_models import materialize, revision_of, weights_sha256
from ratchet_text import language_of
from trainer.backends.language_model.base_model import Base, load_base
from trainer.backends.language_model.chat_format import UnusableChatTemplate
from trainer.backends.language_model.chat_tokens import TokenizedChats
from trainer.backends.language_model.distributed import (
    first_alone,
    is_alone,
    is_first,
    side_by_side,
)
from trainer.backends.language_model.lora import save_adapter
from trainer.backends.language_model.training_loop import Training
from trainer.backends.machine.device import choose_device, choose_dtype, name_of, use_all_cores
from trainer.backends.machine.torch_errors import first_line, is_failed_write, is_out_of_memory
from trainer.backends.regression_file import read_regression
from trainer.domain.counterfactuals.copies import varied
from trainer.domain.evaluation.cases import Case, held_out_cases, regression_cases
from trainer.domain.evaluation.early_refusal import certain_refusal
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.fit import fit
from trainer.domain.on_policy.questions import QuestionDraw
from trainer.domain.runs.child_messages import (
    OutOfMemory,
    RunImpossible,
    RunOutcome,
    TrainingResult,
    TrainRequest,
)
from trainer.run.champion import open_champion, store
from trainer.run.evaluation import Evaluation
from trainer.run.lineage import versions
from trainer.run.methods import training_method
from trainer.run.rounds import Rounds
from trainer.run.run_clock import RunClock
from trainer.run.shadow import shadow_of

Report = Callable[[BaseModel], None]


def run(request: TrainRequest, report: Report) -> RunOutcome | None:
    """Evaluate the champion, train the challenger, evaluate it on the same questions.

    Of several processes with the same request the first evaluates, reports and writes. The
    others train with it and return None.
    """
    try:
        with side_by_side(choose_device(request.recipe.device)) as processes:
            return _run(request, report if is_first() else _discard, processes)
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error) and is_alone():
            return OutOfMemory(error=first_line(error))
        if is_failed_write(error):
            free = disk_usage(request.work_dir).free
            raise OSError(f"a file could not be written; {free} bytes of disk are free") from error
        raise


def _run(
    request: TrainRequest, report: Report, processes: int
) -> TrainingResult | RunImpossible | None:
    clock = RunClock(report)
    dataset = Dataset.model_validate_json(request.dataset.read_bytes())
    smaller = request.recipe.with_smaller_batches(dataset.method, request.halvings)
    recipe = smaller.divided(dataset.method, processes)
    clock.enter("loading")
    with first_alone():
        directory = materialize(request.base_model, request.cache_dir)
        base = _load(directory, request)
    if isinstance(base, RunImpossible):
        return base if is_first() else None
    tokens = TokenizedChats(base.tokenizer)
    fitting = fit(dataset, recipe.loop(dataset.method).max_length, tokens)
    cases, regression_sha256 = _cases(request, fitting.dataset)
    if obstacle := fitting.obstacle or _unreadable(cases, tokens):
        impossible = RunImpossible(reason=obstacle, left_out=fitting.left_out)
        return impossible if is_first() else None
    lessons = varied(fitting.dataset.train, recipe.variation, recipe.seed, fitting.is_whole)
    evaluation = Evaluation(cases, recipe.judging, recipe.seed)
    shadow = shadow_of(request, fitting, recipe.judging)
    earlier, adapter = open_champion(request, base, evaluation, shadow, clock)
    clock.enter("training")
    training = Training(base, adapter, recipe, request.work_dir, report)
    by_method = training_method(dataset.method)(training, lessons.examples)
    whole = replace(fitting, max_length=recipe.dpo.max_length).is_whole
    shown = frozenset(example.prompt for example in lessons.examples)
    rounds = Rounds(training, QuestionDraw(recipe, shown, whole))
    (adapted, curve), made = rounds.after(by_method, fitting.dataset.train)
    if earlier is None:
        return None
    saved = request.work_dir / "adapter"
    save_adapter(adapted, saved)
    flush_tree(saved)
    clock.enter("judging_challenger", evaluation.answers + shadow.prompts)
    refusal = partial(certain_refusal, evaluation.spoken, earlier.by_model, rules=request.gate)
    challenger = evaluation.judge(
        base, adapted, clock.answered, lambda scores: refusal(scores) is not None
    )
    asked = evaluation.asked(challenger)
    ended_early = len(asked) < len(cases)
    in_shadow = None
    if shadow.prompts and not ended_early:
        answers = shadow.judge(
            base, adapted, lambda count: clock.answered(evaluation.answers + count)
        )
        in_shadow = shadow.answers(earlier.shadow, answers)
    trained = TrainingResult(
        adapter=saved,
        base_sha256=weights_sha256(directory),
        base_revision=revision_of(request.base_model, directory),
        device=str(base.model.device),
        precision=name_of(base.model.dtype),
        batch=recipe.loop(dataset.method).batch,
        cases=asked,
        before=earlier.champion,
        after=challenger,
        base=earlier.base,
        ended_early=refusal(challenger) if ended_early else None,
        regression_sha256=regression_sha256,
        curve=curve,
        seconds=clock.seconds(),
        versions=versions(),
        taught=len(fitting.dataset.train),
        copies=lessons.copies,
        rounds=made,
        left_out=fitting.left_out,
        chat_template=base.chat_template,
        system_message=base.takes_system_message,
        shadow=in_shadow,
    )
    store(request.result, trained)
    return trained


def _load(directory: Path, request: TrainRequest) -> Base | RunImpossible:
    recipe, given = request.recipe, request.chat_template
    use_all_cores()
    device = choose_device(recipe.device)
    dtype = choose_dtype(recipe.precision, device, request.cache_dir)
    template = None if given is None else given.read_text(encoding="utf-8")
    try:
        return load_base(directory, device, dtype, recipe.quantization, template)
    except UnusableChatTemplate as error:
        return RunImpossible(reason=str(error), of_base=True)


def _cases(request: TrainRequest, dataset: Dataset) -> tuple[tuple[Case, ...], str | None]:
    """The held-out cases and the fixed ones, and the sha256 of the file these come from."""
    judging = request.recipe.judging
    held_out = held_out_cases(dataset.held_out, judging, language_of)
    if request.regression is None:
        return held_out, None
    questions, sha256 = read_regression(request.regression)
    asked = [one for one in questions if request.widgets or one.aspect == "voice"]
    fixed = regression_cases(asked, judging.fixed_questions, language_of)
    return (*held_out, *fixed), sha256


def _unreadable(cases: Sequence[Case], tokens: TokenizedChats) -> str | None:
    """Why a question cannot be put to the models; the held-out ones are checked before."""
    for case in cases:
        if tokens.has_control_token(case.prompt):
            return (
                f"the fixed question {case.question.text!r} contains a control token of the base "
                "model: remove it from RATCHET_TRAINER_REGRESSION_FILE"
            )
    return None


def _discard(_: BaseModel) -> None:
    pass

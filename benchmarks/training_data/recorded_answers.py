"""The output of a base and of an adapter on the same cases, as files, and the gate's verdict."""

from pathlib import Path

from ratchet.contract import Method, Value
from trainer.domain.evaluation.acceptance_gate import GateVerdict, judge_challenger
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.scores import CaseObservation, model_scores

FOLDER = Path("tests/trainer/planted")


class BaseAnswers(Value):
    """The cases, and the output of the base for each."""

    cases: tuple[Case, ...]
    observed: tuple[CaseObservation, ...]


class AdapterAnswers(Value):
    """The output of an adapter for each case of the base; `seed` is that of its training."""

    method: Method
    seed: int
    observed: tuple[CaseObservation, ...]


def ruling_on(base: BaseAnswers, adapter: AdapterAnswers) -> GateVerdict:
    """The verdict on the adapter as a challenger of its base, from freshly computed scores."""
    before, after = (model_scores(base.cases, model.observed) for model in (base, adapter))
    return judge_challenger(base.cases, before, after, GateRules(), adapter.method, adapter.seed)

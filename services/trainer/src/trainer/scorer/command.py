"""`ratchet evaluate-ranking`: the off-policy evidence for the candidate, as a table."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ratchet.command_line import say, screen
from ratchet.contract import Estimate, Interval
from ratchet.settings import read_settings
from ratchet.storage import ArtifactStore
from ratchet_ranking import embedding_named
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.database import DATABASE, open_database
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.domain.scorer.examination import examination
from trainer.domain.scorer.scorer_version import ScorerVersion
from trainer.domain.scorer.verdict import judge
from trainer.scorer.evidence import ScorerEvaluation, ScorerEvaluator
from trainer.scorer.publishing import ServedScorer
from trainer.settings import TrainerSettings

_PLACES = 5
_WIDTH = 110


def evaluate_ranking(
    as_json: Annotated[bool, typer.Option("--json", help="Print the evidence as JSON.")] = False,
) -> None:
    """Estimate the value of the candidate and of the scorer in service on logged decisions.

    Reads the data directory (RATCHET_DATA_DIR) and changes nothing. Exits with 1 if no scorer has
    learned yet.
    """
    settings = read_settings(TrainerSettings)
    database = settings.data_dir / DATABASE
    if not database.exists():
        say(
            f"{database} does not exist. Set RATCHET_DATA_DIR to the system's data directory.",
            err=True,
        )
        raise typer.Exit(1)
    evaluation = _evaluate(settings, database)
    if evaluation is None:
        say(f"No scorer has learned with the embedding {settings.embedding} yet.", err=True)
        raise typer.Exit(1)
    verdict = judge(evaluation.evidence, evaluation.in_service_gain, settings.trainer_publishing)
    if as_json:
        say(evaluation.evidence.model_dump_json(indent=2))
        return
    console = screen(width=_WIDTH)
    console.print(_estimates(evaluation.evidence.estimates))
    console.print(_gains(evaluation.evidence.gains))
    if evaluation.power is not None:
        curve = ", ".join(f"{chance:.2f}" for chance in examination(_PLACES, evaluation.power))
        console.print(f"attention from the top down: {curve} (power {evaluation.power:.2f})")
    console.print(f"basis: {evaluation.evidence.basis}")
    console.print(f"verdict: {type(verdict).__name__.lower()}, {verdict.reason}")


def _evaluate(settings: TrainerSettings, database: Path) -> ScorerEvaluation | None:
    engine = open_database(database)
    store = SqlRankingStore(engine, settings.trainer_learning)
    state = store.learned_state()
    if state is None or not state.progress.steps:
        return None
    embedding = embedding_named(settings.embedding, settings.cache_path)
    if state.progress.embedding != embedding.name:
        return None
    learner = ScorerLearner(settings.trainer_learning, embedding)
    learner.restore(state, store.learned_revisions(state.progress.cursor))
    artifacts = ArtifactStore(settings.artifacts_dir)
    serving = ServedScorer(SqlScorerRegister(engine), artifacts, embedding.name).current()
    candidate = ScorerVersion("candidate", learner.scorers(), settings.trainer_ranking)
    evaluator = ScorerEvaluator(
        store, embedding, settings.trainer_publishing, state.progress.rules.seed
    )
    return evaluator.evaluate(candidate, serving, learner.held_out)


def _estimates(estimates: Iterable[Estimate]) -> Table:
    table = Table(title="value on logged decisions, 95 % intervals")
    for name in ("policy", "IPS", "SNIPS", "doubly robust", "effective n", "supported"):
        table.add_column(name)
    for estimate in estimates:
        table.add_row(
            estimate.policy.replace("_", " "),
            _figure(estimate.ips),
            _figure(estimate.snips),
            _figure(estimate.dr),
            f"{estimate.effective:.0f} of {estimate.dr.n}",
            f"{estimate.supported:.0%}",
        )
    return table


def _gains(gains: dict[str, Interval]) -> Table:
    table = Table("candidate against", "gain", title="what decides")
    for name, gain in gains.items():
        table.add_row(name.replace("_", " "), _figure(gain))
    return table


def _figure(interval: Interval) -> str:
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"

"""What the ranking would be worth, as a table."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ratchet.contract import Estimate, Interval
from ratchet.ranking import embedding_named
from ratchet.settings import read_settings
from ratchet.storage import ArtifactStore
from trainer.backends.scorers.scorer_files import ScorerFiles
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.database import open_database
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.domain.scorer.examination import examination
from trainer.domain.scorer.serving import Serving
from trainer.domain.scorer.verdict import judge
from trainer.scorer.evidence import Weighed, Weighing
from trainer.scorer.in_service import InService
from trainer.settings import TrainerSettings

_PLACES = 5
_WIDTH = 110


def evaluate_ranking(
    as_json: Annotated[bool, typer.Option("--json", help="Print the evidence as JSON.")] = False,
) -> None:
    """Estimate what the scorers would be worth on the logged decisions, beside what serves.

    Reads the data directory of the settings (RATCHET_DATA_DIR) and changes nothing there; exits
    with 1 where nothing has been learnt yet.
    """
    settings = read_settings(TrainerSettings)
    database = settings.data_dir / "trainer.db"
    if not database.exists():
        typer.echo(f"no {database}: set RATCHET_DATA_DIR to where the system runs", err=True)
        raise typer.Exit(1)
    weighed = _weighed(settings, database)
    if weighed is None:
        typer.echo(f"nothing has been learnt yet with {settings.embedding}", err=True)
        raise typer.Exit(1)
    verdict = judge(weighed.evidence, weighed.serving, settings.trainer_publishing)
    if as_json:
        typer.echo(weighed.evidence.model_dump_json(indent=2))
        return
    console = Console(width=_WIDTH)
    console.print(_estimates(weighed.evidence.estimates))
    console.print(_gains(weighed.evidence.gains))
    if weighed.power is not None:
        curve = ", ".join(f"{look:.2f}" for look in examination(_PLACES, weighed.power))
        console.print(f"attention from the top down: {curve} (power {weighed.power:.2f})")
    console.print(f"basis: {weighed.evidence.basis}")
    console.print(f"verdict: {type(verdict).__name__.lower()}, {verdict.reason}")


def _weighed(settings: TrainerSettings, database: Path) -> Weighed | None:
    engine = open_database(database)
    store = SqlRankingStore(engine, settings.trainer_learning)
    state = store.learnt()
    if state is None or not state.progress.steps:
        return None
    embedding = embedding_named(settings.embedding, settings.cache_path)
    if state.progress.embedding != embedding.name:
        return None
    learner = ScorerLearner(settings.trainer_learning, embedding)
    learner.restore(state, store.remembered(state.progress.cursor))
    files = ScorerFiles(ArtifactStore(settings.artifacts_dir))
    serving = InService(SqlScorerRegister(engine), files, embedding.name).now()
    candidate = Serving("candidate", learner.scorers(), settings.trainer_ranking)
    weighing = Weighing(store, embedding, settings.trainer_publishing, state.progress.rules.seed)
    return weighing.weigh(candidate, serving, learner.held_out)


def _estimates(estimates: Iterable[Estimate]) -> Table:
    table = Table(title="value on logged decisions, 95 % intervals")
    for name in ("policy", "IPS", "SNIPS", "doubly robust", "effective n", "supported"):
        table.add_column(name)
    for estimate in estimates:
        table.add_row(
            estimate.policy.replace("_", " "),
            _spoken(estimate.ips),
            _spoken(estimate.snips),
            _spoken(estimate.dr),
            f"{estimate.effective:.0f} of {estimate.dr.n}",
            f"{estimate.supported:.0%}",
        )
    return table


def _gains(gains: dict[str, Interval]) -> Table:
    table = Table("candidate against", "gain", title="what decides")
    for name, gain in gains.items():
        table.add_row(name.replace("_", " "), _spoken(gain))
    return table


def _spoken(interval: Interval) -> str:
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"

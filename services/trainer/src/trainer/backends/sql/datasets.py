"""The datasets of runs: an artifact each, and `run_examples` as the index of their examples."""

import json
from collections.abc import Iterable
from datetime import UTC

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Connection, Engine, Select, func, select, update
from sqlalchemy.dialects.sqlite import insert

from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.short_transactions import read
from trainer.backends.sql.tables import run_examples, runs
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.run import Run

_REFERENCE = "$.dataset.artifact"


def plan_with(dataset: Dataset, run: Run) -> str:
    """The plan of `run` as JSON with the content of its dataset, to be moved by `read_run`."""
    plan = run.model_dump(mode="json")
    return json.dumps({**plan, "dataset": dataset.model_dump(mode="json")})


def index_examples(connection: Connection, run_id: str, dataset: Dataset) -> None:
    rows = [
        {
            "run_id": run_id,
            "example_id": example.example_id,
            "role": role,
            "at": example.occurred_at.astimezone(UTC).replace(tzinfo=None),
        }
        for role, examples in (("train", dataset.train), ("held_out", dataset.held_out))
        for example in examples
    ]
    if rows:
        connection.execute(insert(run_examples).on_conflict_do_nothing(), rows)


def read_run(engine: Engine, files: RunFiles, run_id: str) -> Run:
    """The run of that id, after its dataset has moved from the plan into an artifact.

    A new plan is committed with the content of its dataset. So a kill leaves neither a run
    without its dataset nor an artifact that no row names, and an erasure finds every copy.
    """
    [(stored,)] = read(engine, select(runs.c.plan).where(runs.c.run_id == run_id))
    plan = from_json(stored)
    if "artifact" in plan["dataset"]:
        return Run.model_validate_json(stored)
    dataset = Dataset.model_validate(plan["dataset"])
    reference = files.store_dataset(run_id, dataset)
    run = Run.model_validate({**plan, "dataset": reference.model_dump()})
    with engine.begin() as connection:
        index_examples(connection, run_id, dataset)
        connection.execute(
            update(runs).where(runs.c.run_id == run_id).values(plan=run.model_dump_json())
        )
    return run


def move_datasets(engine: Engine, files: RunFiles) -> None:
    """Move the datasets that a release before left in the plans of runs."""
    in_plan = func.json_extract(runs.c.plan, _REFERENCE).is_(None)
    for row in read(engine, select(runs.c.run_id).where(in_plan)):
        read_run(engine, files, row.run_id)


def runs_with(example_ids: Iterable[str], run_ids: Iterable[str] = ()) -> ColumnElement[bool]:
    """Matches the rows of `runs` that have one of the examples or one of the ids."""
    had = select(run_examples.c.run_id).where(run_examples.c.example_id.in_(_values(example_ids)))
    return runs.c.run_id.in_(had) | runs.c.run_id.in_(_values(run_ids))


def _values(texts: Iterable[str]) -> Select[tuple[str]]:
    """The texts as a sub-select: SQLite limits the number of bound parameters."""
    return select(func.json_each(json.dumps(sorted(texts))).table_valued("value").c.value)

"""What a run has used and left out, in the rows of its examples."""

import json
from collections.abc import Collection

from sqlalchemy import Connection, func, select, update

from trainer.backends.sql.tables import examples, run_examples
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.training_example import KINDS, read_example


def consume(connection: Connection, run_id: str, dataset: Dataset) -> None:
    """Mark as consumed the run's examples, and waiting ones whose answers are all among theirs.

    A label on an answer that a pair has taught, or a pair of two answers that labels have
    taught, would count the same feedback twice.
    """
    used = set(dataset.example_ids)
    both = (*dataset.train, *dataset.held_out)
    taught = {(example.prompt, answer) for example in both for answer in example.answers}
    kinds = [kind for of_method in KINDS.values() for kind in of_method]
    waiting = select(examples.c.example_id, examples.c.event).where(
        examples.c.kind.in_(kinds), examples.c.consumed_by.is_(None)
    )
    for row in connection.execute(waiting):
        example = read_example(row.event)
        if all((example.prompt, answer) in taught for answer in example.answers):
            used.add(row.example_id)
    for example_id in sorted(used):
        connection.execute(
            update(examples).where(examples.c.example_id == example_id).values(consumed_by=run_id)
        )


def leave_out(connection: Connection, run_id: str, example_ids: Collection[str], fits: str) -> None:
    """Mark what the run did not use. The rows stay, so that an erasure finds the dataset."""
    named = func.json_each(json.dumps(sorted(example_ids))).table_valued("value")
    ids = select(named.c.value)
    of_run = (run_examples.c.run_id == run_id, run_examples.c.example_id.in_(ids))
    connection.execute(update(run_examples).where(*of_run).values(role="left_out"))
    unfit = update(examples).where(examples.c.example_id.in_(ids))
    connection.execute(unfit.values(unfit_for=fits))

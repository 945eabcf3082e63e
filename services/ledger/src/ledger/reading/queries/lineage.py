"""Queries the lineage of a model; `experiences.details` has that of an experience."""

from sqlalchemy import Connection, select

from ledger.backends.tables import example_sources, used_examples
from ledger.reading.details import ModelDetails
from ledger.reading.queries import models, runs
from ledger.reading.queries.examples import examples_in


def of_model(connection: Connection, version: str) -> ModelDetails | None:
    """The version with its run, examples and experiences; None if it is unknown."""
    model = models.view(connection, version)
    if model is None:
        return None
    run_id = model.run_id or ""
    sources = (
        select(example_sources.c.query_id)
        .join(used_examples, used_examples.c.example_id == example_sources.c.example_id)
        .where(used_examples.c.run_id == run_id)
        .distinct()
        .order_by(example_sources.c.query_id)
    )
    return ModelDetails(
        model=model,
        run=runs.view(connection, run_id),
        examples=examples_in(connection, run_id),
        experiences=tuple(connection.execute(sources).scalars()),
    )

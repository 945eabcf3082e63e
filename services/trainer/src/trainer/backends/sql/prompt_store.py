"""Captured prompts in SQL: the newest of a sample, and those that the open run asks."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, Engine, Row, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from ratchet.contract import CallServed, microseconds
from trainer.backends.sql.short_transactions import read
from trainer.backends.sql.tables import captured_prompts, examples, run_examples, runs
from trainer.domain.shadow.captured_prompt import (
    CapturedPrompt,
    captured_prompt,
    is_sampled,
    untaught,
)

_ROW = captured_prompts.c


class SqlPromptStore:
    """The newest `most` prompts among a `share` (0..1) of the calls.

    Which ones stay depends on the calls alone, not on their order or repetition.
    """

    def __init__(self, engine: Engine, share: float, most: int) -> None:
        self._engine = engine
        self._share = share
        self._most = most

    def keep(self, calls: Sequence[CallServed]) -> None:
        """Store the prompts of sampled calls by the id of the call, and delete older ones."""
        rows = [
            {
                "call_id": call.call_id,
                "query_id": prompt.query_id,
                "at": microseconds(call.occurred_at),
                "prompt": prompt.model_dump_json(),
            }
            for call in calls
            if is_sampled(call.call_id, self._share) and (prompt := captured_prompt(call))
        ]
        with self._engine.begin() as connection:
            if rows:
                once = insert(captured_prompts).on_conflict_do_nothing(index_elements=["call_id"])
                connection.execute(once, rows)
            newest = select(_ROW.number).order_by(_ROW.at.desc(), _ROW.call_id.desc())
            opened = select(runs.c.run_id).where(runs.c.verdict.is_(None))
            connection.execute(
                delete(captured_prompts).where(
                    _ROW.number.not_in(newest.limit(self._most)),
                    or_(_ROW.run_id.is_(None), _ROW.run_id.not_in(opened)),
                )
            )

    def count(self) -> int:
        [(count,)] = read(self._engine, select(func.count()).select_from(captured_prompts))
        return int(count)

    def give(
        self,
        run_id: str,
        taught_prompts: Collection[str],
        write: Callable[[Sequence[CapturedPrompt]], None],
    ) -> None:
        """Pass to `write` the prompts that a run asks, newest first, and mark them.

        Those of its training side are left out: `taught_prompts`, and calls that its examples come
        from. The database is locked meanwhile: an erasure comes before, so that its prompts are
        not given, or after, so that it finds the marks and what was written.
        """
        with self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            newest = select(_ROW.prompt).order_by(_ROW.at.desc(), _ROW.call_id.desc())
            rows = connection.execute(newest.limit(self._most)).scalars()
            captured = [CapturedPrompt.model_validate_json(row) for row in rows]
            given = untaught(captured, taught_prompts, _queries_of(connection, run_id))
            write(given)
            marked = _ROW.call_id.in_([prompt.call_id for prompt in given])
            connection.execute(update(captured_prompts).where(marked).values(run_id=run_id))


def runs_asking(connection: Connection, query_ids: Collection[str]) -> set[str]:
    """The runs that were given a prompt of these calls or questions."""
    return {row.run_id for row in _concerned(connection, query_ids) if row.run_id is not None}


def delete_prompts(connection: Connection, query_ids: Collection[str]) -> int:
    """Delete the prompts of these calls or questions; returns how many."""
    numbers = [row.number for row in _concerned(connection, query_ids)]
    return connection.execute(delete(captured_prompts).where(_ROW.number.in_(numbers))).rowcount


def _concerned(connection: Connection, query_ids: Collection[str]) -> "list[Row[*tuple[Any, ...]]]":
    rows = connection.execute(select(captured_prompts)).all()
    names = set(query_ids)
    return [row for row in rows if names & {row.call_id, row.query_id}]


def _queries_of(connection: Connection, run_id: str) -> set[str]:
    """The ids of the questions that a run's training examples come from."""
    taught = (
        select(examples.c.event)
        .join(run_examples, run_examples.c.example_id == examples.c.example_id)
        .where(run_examples.c.run_id == run_id, run_examples.c.role == "train")
    )
    events = map(from_json, connection.execute(taught).scalars())
    return {
        name
        for event in events
        for name in (event.get("query_id"), *(one["query_id"] for one in event.get("sources", ())))
        if name
    }

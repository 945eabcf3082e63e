"""Audits the system after all kills: runs, examples, files and entries."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import Engine, select
from trainer_kills.check import Check, events_on, nothing_waits

from ratchet.contract import (
    CHECKPOINTS,
    EXAMPLES,
    RUNS,
    BuiltExample,
    CheckpointReady,
    RunFinished,
    RunStarted,
)
from ratchet.storage import ArtifactStore
from ratchet_models import AdapterManifest
from trainer.backends.sql.tables import examples, run_examples, runs

_JUDGED = ("accepted", "refused")


async def audit(
    redis: Redis, engine: Engine, data_dir: Path, published: Sequence[BuiltExample]
) -> list[Check]:
    events = await events_on(redis, RUNS, CHECKPOINTS)
    with engine.connect() as connection:
        datasets = connection.execute(select(runs.c.dataset_sha256)).scalars().all()
    return [
        *_reported_once(events),
        *_used_once(engine, published),
        await nothing_waits(redis, EXAMPLES),
        _no_orphans(data_dir, events, datasets),
    ]


def _reported_once(events: Iterable[Any]) -> Iterable[Check]:
    started, finished, ready = (
        Counter(event.run_id for event in events if isinstance(event, kind))
        for kind in (RunStarted, RunFinished, CheckpointReady)
    )
    accepted = {e.run_id for e in events if isinstance(e, RunFinished) and e.verdict == "accepted"}
    once = all(count == 1 for counts in (started, finished, ready) for count in counts.values())
    yield Check("each run is reported once of each kind", once, f"{started.total()} runs")
    yield Check(
        "every run that started has finished",
        started.keys() == finished.keys(),
        f"{finished.total()} finished",
    )
    yield Check(
        "a checkpoint for each accepted run and no other",
        ready.keys() == accepted,
        f"{len(accepted)} accepted",
    )


def _used_once(engine: Engine, published: Sequence[BuiltExample]) -> Iterable[Check]:
    with engine.connect() as connection:
        rows = connection.execute(select(examples.c.example_id, examples.c.consumed_by)).all()
        used = connection.execute(
            select(run_examples.c.example_id, run_examples.c.run_id)
            .join(runs, runs.c.run_id == run_examples.c.run_id)
            .where(runs.c.verdict.in_(_JUDGED))
        ).all()
    uses = Counter(row.example_id for row in used)
    waiting = {row.example_id for row in rows if row.consumed_by is None}
    consumed = {row.example_id: row.consumed_by for row in rows if row.consumed_by is not None}
    yield Check(
        "no example is lost",
        {row.example_id for row in rows} == {event.example_id for event in published},
        f"{len(rows)} of {len(published)} kept",
    )
    yield Check(
        "no example was used by two runs",
        all(count == 1 for count in uses.values()),
        f"{len(uses)} used",
    )
    yield Check(
        "what was used is used up by that run, the rest still waits",
        not uses.keys() & waiting
        and all(consumed.get(row.example_id) == row.run_id for row in used),
        f"{len(waiting)} wait",
    )


def _no_orphans(data_dir: Path, events: Iterable[Any], datasets: Iterable[str]) -> Check:
    root = data_dir / "artifacts"
    store = ArtifactStore(root)
    referenced = {root / sha256[:2] / sha256 for sha256 in datasets}
    for event in events:
        if isinstance(event, CheckpointReady):
            manifest = store.verified(event.manifest)
            read = AdapterManifest.model_validate_json(manifest.read_bytes())
            referenced |= {manifest, *(store.verified(file) for file in read.files.values())}
    lying = {
        path
        for directory in ("artifacts", "runs")
        for path in (data_dir / directory).rglob("*")
        if path.is_file() or path.is_symlink()
    }
    return Check(
        "no file lies about that nothing refers to",
        lying == referenced,
        f"{len(lying)} files, {len(lying - referenced)} orphans",
    )

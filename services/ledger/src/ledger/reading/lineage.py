"""Reads the lineage of a model or an experience from a ledger."""

from dataclasses import asdict
from typing import Any

from pydantic_core import to_jsonable_python

from ledger.backends.database import open_for_reading
from ledger.reading.reader import LedgerReader
from ratchet.contract import Unavailable

_SUGGESTED = 5


def read_lineage(url: str, name: str) -> dict[str, Any]:
    """The lineage of the version or query id `name`, as JSON values.

    Raises `LookupError` if the ledger has neither, and `Unavailable` if it cannot be read.
    """
    engine = open_for_reading(url)
    try:
        reader = LedgerReader(engine)
        problem = reader.problem()
        if problem is not None:
            raise Unavailable(problem)
        lineage = _lineage(reader, name)
        if lineage is None:
            raise LookupError(_unknown(reader, name))
    finally:
        engine.dispose()
    return dict(to_jsonable_python(lineage))


def _lineage(reader: LedgerReader, name: str) -> dict[str, Any] | None:
    model = reader.model(name)
    if model is not None:
        return {"kind": "model", **asdict(model)}
    experience = reader.experience(name)
    if experience is not None:
        return {"kind": "experience", **asdict(experience)}
    return None


def _unknown(reader: LedgerReader, name: str) -> str:
    versions = [model.version for model in reader.models(_SUGGESTED)]
    newest = [experience.query_id for experience in reader.history(_SUGGESTED)]
    return (
        f"The ledger has no model and no experience named {name}. "
        f"Newest models: {', '.join(versions) or 'none'}. "
        f"Newest experiences: {', '.join(newest) or 'none'}."
    )

"""The ledger's tables; times are microseconds since 1970, in UTC."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    exists,
    select,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()
_JSON = JSON(none_as_null=True)


def _columns(kind: TypeEngine[Any] | type[TypeEngine[Any]], names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names.split()]


events = Table(
    "events",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("event_id", String, nullable=False, unique=True),
    Column("type", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    *_columns(String, "query_id user_id run_id version example_id"),
    Column("body", Text, nullable=False),
    Column("arrived", BigInteger),
)
"""`arrived` numbers the entry of the event; None for events that earlier releases stored."""
for _name in ("query_id", "user_id", "run_id", "version", "example_id"):
    _only = events.c[_name].is_not(None)
    Index(f"events_by_{_name}", events.c[_name], sqlite_where=_only, postgresql_where=_only)

experiences = Table(
    "experiences",
    metadata,
    Column("query_id", String, primary_key=True),
    *_columns(
        BigInteger,
        "answered_at widget_count processing_time_ms interactions widgets_judged revision "
        "scored_at conflicts",
    ),
    *_columns(
        String,
        "user_id intent_type primary_characteristic select_method decision_id rating "
        "follow_up voice_rating read_follow_up",
    ),
    *_columns(Text, "transcript heading correction query_understanding"),
    *_columns(_JSON, "domains scenarios missing_widgets voice_scores components"),
    *_columns(
        Double,
        "confidence evaluation_confidence widget_score voice_confidence reward widget_reward "
        "voice_reward",
    ),
    *_columns(Boolean, "voiced by_user by_judge"),
    Column("stamps", JSON, nullable=False),
)
Index("experiences_by_time", experiences.c.answered_at, experiences.c.query_id)
Index("experiences_by_user", experiences.c.user_id)

examples = Table(
    "examples",
    metadata,
    Column("example_id", String, primary_key=True),
    *_columns(String, "kind aspect rule state"),
    *_columns(Text, "question reason"),
    *_columns(BigInteger, "built_at revision"),
    Column("stamps", JSON, nullable=False),
)
Index("examples_by_time", examples.c.built_at, examples.c.example_id)

example_sources = Table(
    "example_sources",
    metadata,
    Column("example_id", String, primary_key=True),
    Column("query_id", String, primary_key=True, index=True),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String, primary_key=True),
    *_columns(String, "method base_model dataset_sha256 stage verdict manifest_sha256"),
    *_columns(BigInteger, "pairs held_out step steps finished_at"),
    *_columns(Text, "started_because reason export_refused"),
    *_columns(Double, "seconds last_loss"),
    Column("started_at", BigInteger, index=True),
    Column("stamps", JSON, nullable=False),
)

run_examples = Table(
    "run_examples",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("example_id", String, primary_key=True, index=True),
)

models = Table(
    "models",
    metadata,
    Column("version", String, primary_key=True),
    *_columns(String, "name registry quantization gguf_sha256"),
    Column("top1", Double),
    *_columns(BigInteger, "registered_at came_at went_at refused_at"),
    *_columns(Text, "came_by came_because went_by went_because refused_by refused_because"),
    Column("rolled_back", Boolean),
    Column("run_id", String, index=True),
    Column("stamps", JSON, nullable=False),
)

counts = Table(
    "counts",
    metadata,
    Column("name", String, primary_key=True),
    Column("which", String, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

stream_ends = Table(
    "stream_ends",
    metadata,
    Column("stream", String, primary_key=True),
    Column("arrived", BigInteger, nullable=False),
    Column("went_back_at", BigInteger),
)
"""The last entry of each stream that the ledger has, and when Redis turned out to lack it."""

forgotten_examples = Table(
    "forgotten_examples",
    metadata,
    Column("example_id", String, primary_key=True),
    Column("request_id", String, primary_key=True, index=True),
)

PROJECTIONS = {table.name: table for table in (experiences, examples, runs, models)}
left_out_examples = Table(
    "left_out_examples",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("example_id", String, primary_key=True),
)

_LINKED = (example_sources, run_examples, left_out_examples, forgotten_examples)
LINKS = {table.name: table for table in _LINKED}

_left_out = exists().where(
    left_out_examples.c.run_id == run_examples.c.run_id,
    left_out_examples.c.example_id == run_examples.c.example_id,
)
used_examples = select(run_examples).where(~_left_out).subquery("used_examples")
"""The examples that a run used: those it started with, without those it left out."""

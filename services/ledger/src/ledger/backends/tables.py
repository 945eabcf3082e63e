"""The ledger's tables; times are microseconds since 1970, in UTC."""

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
)

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("event_id", String, nullable=False, unique=True),
    Column("type", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("query_id", String),
    Column("user_id", String),
    Column("run_id", String),
    Column("version", String),
    Column("example_id", String),
    Column("body", Text, nullable=False),
)
for _name in ("query_id", "user_id", "run_id", "version", "example_id"):
    _only = events.c[_name].is_not(None)
    Index(f"events_by_{_name}", events.c[_name], sqlite_where=_only, postgresql_where=_only)

experiences = Table(
    "experiences",
    metadata,
    Column("query_id", String, primary_key=True),
    Column("answered_at", BigInteger),
    Column("user_id", String),
    Column("transcript", Text),
    Column("intent_type", String),
    Column("domains", JSON(none_as_null=True)),
    Column("primary_characteristic", String),
    Column("confidence", Double),
    Column("select_method", String),
    Column("heading", Text),
    Column("scenarios", JSON(none_as_null=True)),
    Column("widget_count", BigInteger),
    Column("processing_time_ms", BigInteger),
    Column("voiced", Boolean),
    Column("decision_id", String),
    Column("rating", String),
    Column("follow_up", String),
    Column("correction", Text),
    Column("interactions", BigInteger),
    Column("by_user", Boolean),
    Column("by_judge", Boolean),
    Column("evaluation_confidence", Double),
    Column("query_understanding", Text),
    Column("widgets_judged", BigInteger),
    Column("widget_score", Double),
    Column("missing_widgets", JSON(none_as_null=True)),
    Column("voice_rating", String),
    Column("voice_confidence", Double),
    Column("voice_scores", JSON(none_as_null=True)),
    Column("revision", BigInteger),
    Column("reward", Double),
    Column("widget_reward", Double),
    Column("voice_reward", Double),
    Column("components", JSON(none_as_null=True)),
    Column("read_follow_up", String),
    Column("scored_at", BigInteger),
    Column("stamps", JSON, nullable=False),
)
Index("experiences_by_time", experiences.c.answered_at, experiences.c.query_id)
Index("experiences_by_user", experiences.c.user_id)

examples = Table(
    "examples",
    metadata,
    Column("example_id", String, primary_key=True),
    Column("kind", String),
    Column("aspect", String),
    Column("rule", String),
    Column("question", Text),
    Column("built_at", BigInteger),
    Column("state", String),
    Column("reason", Text),
    Column("revision", BigInteger),
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
    Column("method", String),
    Column("base_model", String),
    Column("dataset_sha256", String),
    Column("pairs", BigInteger),
    Column("held_out", BigInteger),
    Column("started_because", Text),
    Column("started_at", BigInteger, index=True),
    Column("stage", String),
    Column("step", BigInteger),
    Column("steps", BigInteger),
    Column("verdict", String),
    Column("reason", Text),
    Column("seconds", Double),
    Column("finished_at", BigInteger),
    Column("last_loss", Double),
    Column("manifest_sha256", String),
    Column("export_refused", Text),
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
    Column("name", String),
    Column("run_id", String, index=True),
    Column("registry", String),
    Column("quantization", String),
    Column("gguf_sha256", String),
    Column("top1", Double),
    Column("registered_at", BigInteger),
    Column("came_at", BigInteger),
    Column("came_by", Text),
    Column("came_because", Text),
    Column("went_at", BigInteger),
    Column("went_by", Text),
    Column("went_because", Text),
    Column("rolled_back", Boolean),
    Column("refused_at", BigInteger),
    Column("refused_by", Text),
    Column("refused_because", Text),
    Column("stamps", JSON, nullable=False),
)

counts = Table(
    "counts",
    metadata,
    Column("name", String, primary_key=True),
    Column("which", String, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

forgotten_examples = Table(
    "forgotten_examples",
    metadata,
    Column("example_id", String, primary_key=True),
    Column("request_id", String, primary_key=True, index=True),
)

PROJECTIONS = {table.name: table for table in (experiences, examples, runs, models)}
LINKS = {table.name: table for table in (example_sources, run_examples, forgotten_examples)}

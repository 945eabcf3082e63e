"""Creates the first tables."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, Integer, String, Text, text

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "events",
        Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("event_id", String(), nullable=False, unique=True),
        Column("type", String(), nullable=False),
        Column("stream", String(), nullable=False),
        Column("occurred_at", BigInteger(), nullable=False),
        Column("query_id", String()),
        Column("user_id", String()),
        Column("run_id", String()),
        Column("version", String()),
        Column("example_id", String()),
        Column("body", Text(), nullable=False),
    )
    for name in ("query_id", "user_id", "run_id", "version", "example_id"):
        only = text(f"{name} IS NOT NULL")
        op.create_index(
            f"events_by_{name}", "events", [name], sqlite_where=only, postgresql_where=only
        )
    op.create_table(
        "experiences",
        Column("query_id", String(), primary_key=True),
        Column("answered_at", BigInteger()),
        Column("user_id", String()),
        Column("transcript", Text()),
        Column("intent_type", String()),
        Column("domains", JSON(none_as_null=True)),
        Column("primary_characteristic", String()),
        Column("confidence", Double()),
        Column("select_method", String()),
        Column("heading", Text()),
        Column("scenarios", JSON(none_as_null=True)),
        Column("widget_count", BigInteger()),
        Column("processing_time_ms", BigInteger()),
        Column("voiced", Boolean()),
        Column("decision_id", String()),
        Column("rating", String()),
        Column("follow_up", String()),
        Column("correction", Text()),
        Column("interactions", BigInteger()),
        Column("by_user", Boolean()),
        Column("by_judge", Boolean()),
        Column("evaluation_confidence", Double()),
        Column("query_understanding", Text()),
        Column("widgets_judged", BigInteger()),
        Column("widget_score", Double()),
        Column("missing_widgets", JSON(none_as_null=True)),
        Column("voice_rating", String()),
        Column("voice_confidence", Double()),
        Column("voice_scores", JSON(none_as_null=True)),
        Column("revision", BigInteger()),
        Column("reward", Double()),
        Column("widget_reward", Double()),
        Column("voice_reward", Double()),
        Column("components", JSON(none_as_null=True)),
        Column("read_follow_up", String()),
        Column("scored_at", BigInteger()),
        Column("stamps", JSON(), nullable=False),
    )
    op.create_index("experiences_by_time", "experiences", ["answered_at", "query_id"])
    op.create_index("experiences_by_user", "experiences", ["user_id"])
    op.create_table(
        "examples",
        Column("example_id", String(), primary_key=True),
        Column("kind", String()),
        Column("aspect", String()),
        Column("rule", String()),
        Column("question", Text()),
        Column("built_at", BigInteger()),
        Column("state", String()),
        Column("reason", Text()),
        Column("revision", BigInteger()),
        Column("stamps", JSON(), nullable=False),
    )
    op.create_index("examples_by_time", "examples", ["built_at", "example_id"])
    op.create_table(
        "example_sources",
        Column("example_id", String(), primary_key=True),
        Column("query_id", String(), primary_key=True),
    )
    op.create_index("ix_example_sources_query_id", "example_sources", ["query_id"])
    op.create_table(
        "runs",
        Column("run_id", String(), primary_key=True),
        Column("method", String()),
        Column("base_model", String()),
        Column("dataset_sha256", String()),
        Column("pairs", BigInteger()),
        Column("held_out", BigInteger()),
        Column("started_because", Text()),
        Column("started_at", BigInteger()),
        Column("stage", String()),
        Column("step", BigInteger()),
        Column("steps", BigInteger()),
        Column("verdict", String()),
        Column("reason", Text()),
        Column("seconds", Double()),
        Column("finished_at", BigInteger()),
        Column("last_loss", Double()),
        Column("manifest_sha256", String()),
        Column("export_refused", Text()),
        Column("stamps", JSON(), nullable=False),
    )
    op.create_index("ix_runs_started_at", "runs", ["started_at"])
    op.create_table(
        "run_examples",
        Column("run_id", String(), primary_key=True),
        Column("example_id", String(), primary_key=True),
    )
    op.create_index("ix_run_examples_example_id", "run_examples", ["example_id"])
    op.create_table(
        "models",
        Column("version", String(), primary_key=True),
        Column("name", String()),
        Column("run_id", String()),
        Column("registry", String()),
        Column("quantization", String()),
        Column("gguf_sha256", String()),
        Column("top1", Double()),
        Column("registered_at", BigInteger()),
        Column("came_at", BigInteger()),
        Column("came_by", Text()),
        Column("came_because", Text()),
        Column("went_at", BigInteger()),
        Column("went_by", Text()),
        Column("went_because", Text()),
        Column("rolled_back", Boolean()),
        Column("refused_at", BigInteger()),
        Column("refused_by", Text()),
        Column("refused_because", Text()),
        Column("stamps", JSON(), nullable=False),
    )
    op.create_index("ix_models_run_id", "models", ["run_id"])
    op.create_table(
        "counts",
        Column("name", String(), primary_key=True),
        Column("which", String(), primary_key=True),
        Column("count", BigInteger(), nullable=False),
    )

"""The trainer's tables."""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

examples = Table(
    "examples",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("example_id", String, unique=True, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", String, nullable=False, index=True),
    Column("aspect", String, nullable=False),
    Column("event", Text, nullable=False),
    Column("consumed_by", ForeignKey("runs.run_id"), index=True),
    Column("unfit_for", String),
)
"""`unfit_for` is the base and length (`Recipe.fits`) for which a run left the example out."""

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run_id", String, unique=True, nullable=False),
    Column("dataset_sha256", String, nullable=False, index=True),
    Column("plan", Text, nullable=False),
    Column("method", String),
    Column("broken_attempts", Integer, nullable=False, default=0),
    Column("cancelled_by", String),
    Column("verdict", String),
    Column("reason", Text),
    Column("manifest", Text),
    Column("ended_at", DateTime),
    Column("tainted", Integer),
    Column("of_base", Integer),
)
"""`of_base` is 1 if the run ended because of its base model, whatever its examples."""

run_examples = Table(
    "run_examples",
    metadata,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("example_id", String, primary_key=True, index=True),
    Column("role", String, nullable=False),
    Column("at", DateTime, nullable=False),
    sqlite_with_rowid=False,
)
"""The examples of each dataset: `role` is train, held_out or left_out, `at` when the feedback came.
"""

captured_prompts = Table(
    "captured_prompts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("call_id", String, unique=True, nullable=False),
    Column("query_id", String, nullable=False),
    Column("at", Integer, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("run_id", String),
)
"""`at` is when the call was served, in microseconds; `run_id` the last run that asks the prompt."""

requests = Table(
    "requests",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, unique=True, nullable=False),
    Column("requested_by", String, nullable=False),
    Column("method", String),
    Column("run_id", ForeignKey("runs.run_id")),
)

models = Table(
    "models",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, unique=True, nullable=False),
    Column("event", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, unique=True, nullable=False),
    Column("stream", String, nullable=False),
    Column("event", Text, nullable=False),
    Column("published", Integer, nullable=False, default=0),
)

trials = Table(
    "trials",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, unique=True, nullable=False),
    Column("base_key", String, nullable=False, index=True),
    Column("requested_at", DateTime, nullable=False),
    Column("answered_at", DateTime),
    Column("result", Text),
)

scored = Table(
    "scored",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("query_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("user_id", String, nullable=False),
    Column("day", Integer, nullable=False),
    Column("taught", Integer, nullable=False),
    Column("skipped", String, index=True),
    Column("decision_id", String, index=True),
    Column("event", Text, nullable=False),
    UniqueConstraint("query_id", "revision"),
    Index("scored_by_operator", "user_id", "day"),
    sqlite_autoincrement=True,
)

decisions = Table(
    "decisions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("decision_id", String, unique=True, nullable=False),
    Column("event", Text, nullable=False),
    sqlite_autoincrement=True,
)

learner = Table(
    "learner",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("progress", Text, nullable=False),
    Column("tensors", LargeBinary, nullable=False),
)

scorers = Table(
    "scorers",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("version", String, unique=True, nullable=False),
    Column("withdrawn", Integer, nullable=False, default=0),
    Column("event", Text, nullable=False),
)

"""The dashboard `overview`: health, and the way from feedback to a model."""

from panels import Chart, Figure, board
from promql import quantile, rate

OVERVIEW = board(
    "overview",
    "Health of the system, and the way from feedback to a model.",
    {
        "Now": (
            Figure("Alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)', "Firing alerts."),
            Figure("Services up", "count(ratchet_redis_up)", "Processes that export metrics; six."),
            Figure("Redis", "min(ratchet_redis_up)", "1 if every service reaches Redis."),
            Figure(
                "Model in service",
                "ratchet_model_active_info",
                "The version that the alias points to.",
                label="version",
            ),
            Figure("Dead letters", "sum(ratchet_dead_letters)", "They wait for an operator."),
            Figure(
                "Disk free",
                "min(instance:ratchet_disk_free:ratio)",
                "The fullest disk.",
                "percentunit",
            ),
        ),
        "From feedback to a model": (
            Chart(
                "Accepted items",
                {"{{kind}}": rate('ratchet_intake_items_total{outcome="accepted"}', "kind")},
                "New items per second.",
                "ops",
            ),
            Chart(
                "Feedback to example",
                {
                    "median": quantile(0.5, "ratchet_feedback_to_example_seconds", "1h"),
                    "p95": "cluster:ratchet_feedback_to_example_seconds:p95_rate1h",
                },
                "Time from feedback to an example.",
                "s",
            ),
            Chart(
                "Feedback to served model",
                {"median of 7 days": "cluster:ratchet_feedback_to_model_seconds:p50_increase7d"},
                "Time from an example's feedback to the model that learned from it.",
                "s",
            ),
        ),
        "Waiting": (
            Chart(
                "Unread",
                {"{{stream}} for {{group}}": "ratchet_stream_lag_entries > 0"},
                "Entries not yet delivered to a group.",
            ),
            Chart(
                "Oldest pending",
                {"{{stream}} for {{group}}": "ratchet_stream_oldest_pending_age_seconds > 0"},
                "Age of a group's oldest pending entry.",
                "s",
            ),
            Chart(
                "Memory of Redis",
                {
                    "used": "ratchet_redis_memory_used_bytes",
                    "limit": "ratchet_redis_memory_limit_bytes",
                },
                "At the limit ingest answers 503.",
                "bytes",
            ),
        ),
    },
)

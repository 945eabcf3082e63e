"""Is it well, and does feedback become better models?"""

from panels import Chart, Figure, board
from promql import quantile, rate

OVERVIEW = board(
    "overview",
    "Is it well, and does feedback become better models?",
    {
        "Now": (
            Figure(
                "Alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)', "Alerts that fire."
            ),
            Figure("Services up", "count(ratchet_redis_up)", "Processes that tell figures; five."),
            Figure("Redis", "min(ratchet_redis_up)", "1 where every service reaches Redis."),
            Figure(
                "Model in service",
                "ratchet_model_active_info",
                "The version that the alias points to.",
                label="version",
            ),
            Figure("Dead letters", "sum(ratchet_dead_letters)", "They wait for a person."),
            Figure(
                "Disk free", "min(instance:ratchet_disk_free:ratio)", "The fullest.", "percentunit"
            ),
        ),
        "From feedback to a model": (
            Chart(
                "Taken in",
                {"{{kind}}": rate('ratchet_intake_items_total{outcome="accepted"}', "kind")},
                "New items a second.",
                "ops",
            ),
            Chart(
                "Feedback to example",
                {
                    "median": quantile(0.5, "ratchet_feedback_to_example_seconds", "1h"),
                    "p95": "cluster:ratchet_feedback_to_example_seconds:p95_rate1h",
                },
                "How long it takes until feedback is something to learn from.",
                "s",
            ),
            Chart(
                "Feedback to served model",
                {"median of 7 days": "cluster:ratchet_feedback_to_model_seconds:p50_increase7d"},
                "How long the feedback behind each learnt example waited for its model.",
                "s",
            ),
        ),
        "Waiting": (
            Chart(
                "Unread",
                {"{{stream}} for {{group}}": "ratchet_stream_lag_entries > 0"},
                "Entries that a group has not been given yet.",
            ),
            Chart(
                "Oldest in hand",
                {"{{stream}} for {{group}}": "ratchet_stream_oldest_pending_age_seconds > 0"},
                "Age of the oldest entry that a group holds.",
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

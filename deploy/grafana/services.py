"""The dashboard `services`: load and health of each process."""

from panels import Chart, board
from promql import quantile, rate, within

SERVICES = board(
    "services",
    "Load and health of each process.",
    {
        "Delivery": (
            Chart(
                "Events",
                {"{{stream}} {{group}} {{outcome}}": "stream_group_outcome:ratchet_events:rate5m"},
                "Events per second by outcome.",
                "ops",
            ),
            Chart(
                "Batches",
                {"{{group}} p95": quantile(0.95, "ratchet_batch_seconds", "5m", "group")},
                "From reading a batch to its commit.",
                "s",
            ),
            Chart(
                "Claimed and repeated",
                {
                    "claimed by {{group}}": rate("ratchet_entries_claimed_total", "group"),
                    "conflicts of {{group}}": rate("ratchet_transaction_conflicts_total", "group"),
                },
                "Retries, entries of dead consumers, and batches with a concurrent change.",
                "ops",
            ),
        ),
        "Ingest": (
            Chart(
                "Rankings",
                {
                    "p50": quantile(0.5, "ratchet_rank_seconds", "5m"),
                    "p99": "cluster:ratchet_rank_seconds:p99_rate5m",
                },
                "From the last byte of a request to its answer.",
                "s",
            ),
            Chart(
                "Requests for a ranking",
                {"{{outcome}}": rate("ratchet_rank_requests_total", "outcome")},
                "Without a scorer the caller's order is returned.",
                "ops",
            ),
            Chart(
                "Not accepted",
                {
                    "rejected {{kind}}": rate(
                        'ratchet_intake_items_total{outcome="rejected"}', "kind"
                    ),
                    "503": "sum(rate(ratchet_intake_unavailable_total[5m]))",
                },
                "Invalid items, and requests without Redis.",
                "ops",
            ),
        ),
        "Gateway": (
            Chart(
                "Calls",
                {"{{route}} {{status}}": rate("ratchet_gateway_calls_total", "route, status")},
                "Calls per second, by route and status.",
                "ops",
            ),
            Chart(
                "First byte",
                {
                    "p50 {{route}}": quantile(
                        0.5, "ratchet_gateway_first_byte_seconds", "5m", "route"
                    ),
                    "p99 {{route}}": quantile(
                        0.99, "ratchet_gateway_first_byte_seconds", "5m", "route"
                    ),
                },
                "From a request to the first byte of its answer.",
                "s",
            ),
            Chart(
                "Checked answers",
                {
                    "{{outcome}}": rate("ratchet_gateway_checks_total", "outcome"),
                    "held, {{instead}} sent": rate("ratchet_gateway_held_answers_total", "instead"),
                },
                "Answers judged against the readings of their prompts, and untrue ones not sent.",
                "ops",
            ),
            Chart(
                "Spool",
                {
                    "waiting": "ratchet_gateway_spool_bytes",
                    "limit": "ratchet_gateway_spool_limit_bytes",
                },
                "Records that Redis has not taken yet. At the limit they are dropped.",
                "bytes",
            ),
            Chart(
                "Lost records",
                {"{{reason}}": within("1h", "ratchet_gateway_lost_calls_total", "reason")},
                "Answered calls without a record, per hour.",
            ),
        ),
        "Ledger and archive": (
            Chart(
                "Writes of the ledger",
                {"p95": quantile(0.95, "ratchet_ledger_write_seconds", "5m")},
                "A batch, from its first query to the disk.",
                "s",
            ),
            Chart("Entries", {"{{stream}}": "ratchet_stream_entries"}, "Entries of each stream."),
            Chart(
                "Archive",
                {
                    "archived {{stream}}": within("1h", "ratchet_archived_events_total", "stream"),
                    "failed {{stream}}": within("1h", "ratchet_archive_failures_total", "stream"),
                },
                "Events and failures per hour.",
            ),
        ),
        "Processes": (
            Chart(
                "Memory", {"{{job}}": "process_resident_memory_bytes"}, "Resident memory.", "bytes"
            ),
            Chart("CPU", {"{{job}}": "rate(process_cpu_seconds_total[5m])"}, "Cores in use."),
            Chart(
                "Disk",
                {
                    "free, {{job}}": "ratchet_disk_free_bytes",
                    "artifacts, {{job}}": "ratchet_artifacts_bytes",
                },
                "The disk of the data directory.",
                "bytes",
            ),
        ),
    },
)

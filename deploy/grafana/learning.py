"""The dashboard `learning`: examples, runs, verdicts, exports and ranking."""

from panels import Chart, Figure, board
from promql import quantile, within

LEARNING = board(
    "learning",
    "Examples, runs, verdicts, exports and ranking.",
    {
        "Rewards and examples": (
            Chart(
                "Rewards",
                {
                    "p10": quantile(0.1, "ratchet_reward_value", "1h"),
                    "median": quantile(0.5, "ratchet_reward_value", "1h"),
                    "p90": quantile(0.9, "ratchet_reward_value", "1h"),
                },
                "Total reward of scored revisions, from -2 to 2.",
            ),
            Chart(
                "Reward by component",
                {
                    "{{component}}": quantile(
                        0.5, "ratchet_reward_component_value", "1h", "component"
                    )
                },
                "Median contribution of each component.",
            ),
            Chart(
                "Examples",
                {"{{kind}} {{aspect}}": within("1h", "ratchet_examples_total", "kind", "aspect")},
                "Built and retracted per hour.",
            ),
        ),
        "Runs": (
            Chart(
                "Readiness",
                {"{{method}}": "method:ratchet_training_readiness:ratio"},
                "Waiting examples divided by those that start a run.",
                "percentunit",
            ),
            Chart(
                "Verdicts",
                {"{{verdict}}": within("1d", "ratchet_training_runs_total", "verdict")},
                "Ended runs per day.",
            ),
            Chart(
                "Gain of the last judged run",
                {"{{measure}} {{bound}}": "ratchet_training_gate_gain"},
                "Over the previous model, with its 95 % interval; above 0 is better.",
            ),
            Figure(
                "Divergence",
                "max(ratchet_training_gate_kl_nats)",
                "From the base model, in nats per token.",
            ),
            Figure(
                "Length",
                "max(ratchet_training_gate_length_ratio)",
                "Words per answer, divided by the previous model's.",
            ),
        ),
        "Export and service": (
            Chart(
                "Agreement",
                {
                    "export": "ratchet_export_parity_top1_ratio",
                    "served by {{target}}": "ratchet_served_parity_top1_ratio",
                },
                "Positions with the trained model's most likely token.",
                "percentunit",
            ),
            Chart(
                "Exports",
                {"{{outcome}}": within("1d", "ratchet_exports_total", "outcome")},
                "Checkpoints per day.",
            ),
            Chart(
                "Moves of the alias",
                {
                    "{{command}} {{outcome}}": within(
                        "1d", "ratchet_activations_total", "command", "outcome"
                    )
                },
                "Commands per day. A successful rollback raises an alert.",
            ),
        ),
        "Ranking": (
            Chart(
                "Value of policies",
                {"{{policy}}": "ratchet_ranking_value_reward"},
                "Doubly robust estimate on logged decisions.",
            ),
            Chart(
                "Loss of the scorers",
                {"{{scorer}} {{on}}": "ratchet_ranking_loss"},
                "Last mean squared error.",
            ),
            Chart(
                "Learned from",
                {
                    "read": "ratchet_ranking_revisions",
                    "in service": "max(ratchet_ranking_scorer_trained_on)",
                },
                "Scored revisions.",
            ),
        ),
    },
)

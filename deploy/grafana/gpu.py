"""One GPU: the run that is at work on it, and what NVIDIA's dcgm-exporter says of it."""

from panels import Chart, Figure, board

GPU = board(
    "gpu",
    "One GPU: the run at work on it, and what dcgm-exporter says of it where that runs.",
    {
        "Run": (
            Figure("Stage", "ratchet_training_stage == 1", "Of the run at work.", label="stage"),
            Figure(
                "Progress",
                "ratchet_training_step / (ratchet_training_steps > 0)",
                "Steps taken.",
                "percentunit",
            ),
            Figure("Left", "max(ratchet_training_remaining_seconds)", "By its own estimate.", "s"),
            Figure("Last run", "max(ratchet_training_last_run_seconds)", "How long it took.", "s"),
            Figure(
                "Held up", "max(ratchet_training_trouble)", "1 while Redis, disk or lease stop it."
            ),
            Chart("Loss", {"loss": "ratchet_training_loss"}, "Of the last step."),
        ),
        "GPU": (
            Chart(
                "Utilization",
                {"gpu {{gpu}}": "DCGM_FI_DEV_GPU_UTIL / 100"},
                "Share of time in which a kernel ran.",
                "percentunit",
            ),
            Chart(
                "Memory",
                {
                    "used, gpu {{gpu}}": "DCGM_FI_DEV_FB_USED * 1048576",
                    "free, gpu {{gpu}}": "DCGM_FI_DEV_FB_FREE * 1048576",
                },
                "The trainer's and Ollama's, where they share it.",
                "bytes",
            ),
            Chart(
                "Temperature", {"gpu {{gpu}}": "DCGM_FI_DEV_GPU_TEMP"}, "Of the chip.", "celsius"
            ),
            Chart("Power", {"gpu {{gpu}}": "DCGM_FI_DEV_POWER_USAGE"}, "Drawn now.", "watt"),
        ),
    },
)

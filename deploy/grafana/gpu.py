"""The dashboard `gpu`: the current run, and the metrics of NVIDIA's dcgm-exporter."""

from panels import Chart, Figure, board

GPU = board(
    "gpu",
    "The current run, and the metrics of dcgm-exporter.",
    {
        "Run": (
            Figure(
                "Stage", "ratchet_training_stage == 1", "Stage of the current run.", label="stage"
            ),
            Figure(
                "Progress",
                "ratchet_training_step / (ratchet_training_steps > 0)",
                "Share of completed steps.",
                "percentunit",
            ),
            Figure(
                "Remaining", "max(ratchet_training_remaining_seconds)", "Estimated by the run.", "s"
            ),
            Figure(
                "Last run",
                "max(ratchet_training_last_run_seconds)",
                "Duration of the last run.",
                "s",
            ),
            Figure(
                "Delayed",
                "max(ratchet_training_trouble)",
                "1 while Redis, the disk or the lease stops training.",
            ),
            Chart("Loss", {"loss": "ratchet_training_loss"}, "Loss of the last step."),
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
                "Used by the trainer and, if they share it, by Ollama.",
                "bytes",
            ),
            Chart(
                "Temperature",
                {"gpu {{gpu}}": "DCGM_FI_DEV_GPU_TEMP"},
                "Temperature of the chip.",
                "celsius",
            ),
            Chart("Power", {"gpu {{gpu}}": "DCGM_FI_DEV_POWER_USAGE"}, "Current power.", "watt"),
        ),
    },
)

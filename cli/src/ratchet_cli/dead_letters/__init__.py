"""Dead letters: list, retry and drop."""

STREAM_NAMES = (
    *("experiences", "feedback", "calls", "decisions", "rewards", "scorers", "examples"),
    *("trace-requests", "traces", "runs", "checkpoints", "models", "commands", "forgotten"),
)
"""The streams of the contract: a TAB that imports it takes twice as long."""

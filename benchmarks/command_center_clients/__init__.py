"""The Command Center's unchanged page, thumb and evaluator beside a running Ratchet."""

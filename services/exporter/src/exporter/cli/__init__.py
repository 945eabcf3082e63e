"""What the exporter's commands do; loaded when a command runs."""

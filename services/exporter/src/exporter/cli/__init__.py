"""The work of the exporter's commands; imported when a command runs."""

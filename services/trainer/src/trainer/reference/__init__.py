"""Records reference answers in a child process; the exporter does not load torch."""

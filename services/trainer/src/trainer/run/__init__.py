"""One training run: a process of its own that judges, trains, judges again and reports."""

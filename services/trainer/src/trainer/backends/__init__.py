"""One file for each library the trainer wraps."""

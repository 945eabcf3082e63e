"""One training run in a child process."""

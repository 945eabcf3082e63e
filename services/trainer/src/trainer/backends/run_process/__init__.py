"""A run as a child process: its lease and its files."""

"""A run as a child process, and its files."""

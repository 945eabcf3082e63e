"""Clients of the HTTP API: the simulated plant and the import of files."""

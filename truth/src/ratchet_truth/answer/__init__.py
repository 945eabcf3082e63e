"""Reads an answer into clauses, with the devices, metrics, numbers and directions in each."""

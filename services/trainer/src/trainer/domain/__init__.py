"""Decisions about training: values in, values with their reasons out."""

"""Measures the backlog of every stream and consumer group."""

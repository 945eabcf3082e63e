"""What waits on each stream, and for which consumer group."""

"""When a run starts, what it does, and the events that report it."""

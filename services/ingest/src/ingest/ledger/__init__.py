"""What happened, durable and queryable: a process of its own writes it, ingest reads it."""

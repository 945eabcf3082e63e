"""The read model: views, queries and the reader that ingest uses as a library."""

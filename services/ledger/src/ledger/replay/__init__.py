"""Everything again: archived and streamed facts through the services, into an empty server."""

"""Which work belongs to what: spans, the context between them, and where they are sent."""

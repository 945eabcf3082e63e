"""A client of the HTTP API: posts items until each is accepted."""

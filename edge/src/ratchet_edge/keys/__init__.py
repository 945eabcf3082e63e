"""API keys: the key file and the valid keys."""

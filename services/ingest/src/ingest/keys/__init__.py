"""API keys: the key file and the keys in force."""

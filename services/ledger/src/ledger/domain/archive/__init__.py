"""Which entries form an archive file, and which entries a stream may lose."""

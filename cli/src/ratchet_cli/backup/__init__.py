"""A data directory as of one moment, kept elsewhere, and its way back."""

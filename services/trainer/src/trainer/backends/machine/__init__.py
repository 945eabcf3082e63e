"""The accelerator, its memory, and other users of it."""

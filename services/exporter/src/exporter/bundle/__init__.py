"""Packs a registered model into one signed file, and installs it in other registries."""

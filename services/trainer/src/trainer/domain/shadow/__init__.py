"""The shadow: captured prompts that champion and challenger both answer."""

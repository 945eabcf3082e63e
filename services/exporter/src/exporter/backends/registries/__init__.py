"""Registries and model servers: a directory, Ollama, OpenAI-compatible servers."""

"""A stand-in for an Ollama server that is as strict as the real one."""

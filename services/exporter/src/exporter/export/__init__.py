"""Building a GGUF file and checking it, in child processes; only these load llama.cpp."""

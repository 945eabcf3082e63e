"""`python stand_in.py PORT DIRECTORY`: the tests' Ollama server in a process that is not killed."""

import sys
from pathlib import Path

import uvicorn

from ratchet_testing.ollama_server.server import OllamaStandIn

if __name__ == "__main__":
    port, directory = sys.argv[1:]
    uvicorn.run(OllamaStandIn(Path(directory)).app, port=int(port), log_config=None)

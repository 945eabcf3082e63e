"""Errors in the form of the interface that was called."""

import json

from gateway.domain.paths import interface_of


def error_body(path: str, status: int, message: str) -> bytes:
    """`{"error": text}` for Ollama's paths, an object with `message` and `type` for OpenAI's."""
    if interface_of(path) == "ollama":
        return json.dumps({"error": message}).encode()
    kind = "invalid_request_error" if status < 500 else "server_error"
    error = {"message": message, "type": kind, "param": None, "code": None}
    return json.dumps({"error": error}).encode()

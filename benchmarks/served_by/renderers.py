"""Renders chats as a model server does: by a real llama-server, or by llama-cpp-python."""

import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import httpx
from jinja2 import TemplateError
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from exporter.domain.registry.chat_template import Message
from ratchet_models.base_models import packaged_gguf
from ratchet_testing.valkey import free_port

TEMPLATE_ERRORS = (TemplateError, TypeError, ValueError, LookupError, AttributeError)
"""The errors of rendering: what a template raises, and what its expressions do."""

_DEFAULTS = {
    "enable_thinking": True,
    "preserve_thinking": True,
    "clear_thinking": False,
    "truncate_history_thinking": False,
}
"""The variables that llama-server gives to templates, besides the date."""

_START_S = 60.0
_POLL_S = 0.02


class NotRendered(RuntimeError):
    """The renderer has no text for a chat; the message is its reason."""


class Renderer(Protocol):
    name: str

    def render(self, template: str, chats: list[list[Message]]) -> list[str | NotRendered]:
        """The text of each chat, up to where the answer begins."""


class LlamaServer:
    """`program` serves the small packaged model with each template in turn."""

    def __init__(self, program: Path, model: str) -> None:
        self.name = "llama-server"
        self._program = program
        self._gguf = packaged_gguf(model)

    def render(self, template: str, chats: list[list[Message]]) -> list[str | NotRendered]:
        with tempfile.TemporaryDirectory() as directory:
            file, log = Path(directory) / "chat.jinja", Path(directory) / "log"
            file.write_text(template, encoding="utf-8")
            url = f"http://127.0.0.1:{(port := free_port())}"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [
                        *(str(self._program), "--model", str(self._gguf), "--port", str(port)),
                        *("--jinja", "--chat-template-file", str(file)),
                        *("--ctx-size", "512", "--parallel", "1", "--no-warmup"),
                        # Repacked weights need AMX, which virtual machines may not permit.
                        "--no-repack",
                    ],
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            try:
                _wait(process, url, log)
                return [_applied(url, chat) for chat in chats]
            except NotRendered as error:
                return [error] * len(chats)
            finally:
                process.kill()
                process.wait()


class StandIn:
    """llama-cpp-python's renderer with the values that a current server sets on its own."""

    def __init__(self, bos: str, eos: str) -> None:
        self.name = "the stand-in's renderer"
        self._special = {"bos_token": bos, "eos_token": eos}

    def render(self, template: str, chats: list[list[Message]]) -> list[str | NotRendered]:
        return [self._rendered(template, chat) for chat in chats]

    def _rendered(self, template: str, chat: list[Message]) -> str | NotRendered:
        today = f"{datetime.now(UTC):%d %b %Y}"
        try:
            formatter = Jinja2ChatFormatter(template=template, **self._special)
            return str(formatter(messages=chat, date_string=today, **_DEFAULTS).prompt)
        except TEMPLATE_ERRORS as error:
            return NotRendered(f"{type(error).__name__}: {error}")


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/health").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(_POLL_S)
    raise NotRendered(f"llama-server does not start: {log.read_text(errors='replace')[-300:]}")


def _applied(url: str, chat: list[Message]) -> str | NotRendered:
    response = httpx.post(f"{url}/apply-template", json={"messages": chat}, timeout=30)
    if response.is_error:
        return NotRendered(response.text[:300])
    return str(response.json()["prompt"])

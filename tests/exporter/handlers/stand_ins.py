"""Stand-ins for a server with fixed answers, and for a process that is killed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from exporter.domain.parity.answers import AnswerToken, ReferenceAnswer, ServerAnswer
from exporter.domain.registry.turn_format import Message
from exporter.ports import Registry, RegistryError
from ratchet.contract import ChatMessage

_TOKENS = tuple(
    AnswerToken(text=word, logprob=0.0, top=((word, 0.0),)) for word in ("All", " is", " well", ".")
)
REFERENCE = ReferenceAnswer(prompt="Any alarm?", rendered="chat", tokens=_TOKENS, ended=True)
GOOD = ServerAnswer(text="All is well.", tokens=_TOKENS, ended=True)
OTHER = ServerAnswer(text="I am a helpful assistant.", ended=True)

Asked = tuple[str, tuple[Sequence[ChatMessage], ...], str | None]


@dataclass
class FixedAnswers:
    """Passes calls to `registry`, except that every model reads `rendered` and gives `answer`.

    If `answer` is None, the connection is lost instead; without `rendered` it is not reported.
    `requests` has the version, the prompts and the active version at each request for answers.
    """

    registry: Registry
    answer: ServerAnswer | None = GOOD
    up: bool = True
    rendered: str | None = "chat"
    requests: list[Asked] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.registry, name)

    async def available(self) -> bool:
        return self.up

    async def renderings(
        self, version: str, chats: Sequence[Sequence[Message]]
    ) -> tuple[tuple[str, ...], ...]:
        return () if self.rendered is None else ((self.rendered,),) * len(chats)

    async def answers(
        self, version: str, prompts: Sequence[Sequence[ChatMessage]], limit: int
    ) -> tuple[ServerAnswer, ...]:
        self.requests.append((version, tuple(prompts), await self.registry.active()))
        if self.answer is None:
            raise RegistryError("Ollama, generate: connection lost")
        return tuple(self.answer for _ in prompts)


class Killed(BaseException):
    """Like a SIGKILL: no error handler catches it."""


class KilledAt:
    """Passes calls to `registry`; the process is killed before or after the call `name`."""

    def __init__(self, registry: Any, name: str, *, before: bool) -> None:
        self._registry = registry
        self._name = name
        self._before = before

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._registry, name)
        if name != self._name:
            return call

        async def killed(*arguments: Any) -> None:
            if not self._before:
                await call(*arguments)
            raise Killed

        return killed

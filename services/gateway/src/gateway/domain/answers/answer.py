"""What a model server answered."""

from dataclasses import dataclass, field
from typing import Any

from gateway.domain.answers.thinking import divided


@dataclass
class AnswerParts:
    """The parts of an answer as they come; `ended` once the server stated its end."""

    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    tool_calls: list[Any] = field(default_factory=list)
    finish_reason: str = ""
    ended: bool = False
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    answer_id: str = ""

    def answer(self) -> "ServedAnswer":
        tagged, text = divided("".join(self.text))
        return ServedAnswer(
            text,
            "".join((*self.thinking, tagged)),
            tuple(self.tool_calls),
            self.finish_reason,
            self.ended,
            self.prompt_tokens,
            self.completion_tokens,
            self.answer_id,
        )


@dataclass(frozen=True)
class ServedAnswer:
    """`text` has no thinking; `ended` is false where the stream stopped without its end.

    `answer_id` is the server's name of it.
    """

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[Any, ...] = ()
    finish_reason: str = ""
    ended: bool = False
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    answer_id: str = ""

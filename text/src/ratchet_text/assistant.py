"""How a deployment introduces its assistant to the model: the first lines of each prompt."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

_NAME = "{name}"
_LONGEST = 4000
_VOICE = (
    f"You are {_NAME}, the voice assistant of an industrial plant. "
    "Answer in two or three short spoken sentences"
)


@dataclass(frozen=True)
class Assistant:
    """Texts in which `{name}` stands for the assistant.

    `voice` comes before readings. Without readings `voice_without_readings` does not mention them,
    so that such examples do not teach the model to ignore readings. `widgets` asks for a widget
    plan; the form of a plan follows it.
    """

    name: str = "Command Center"
    voice: str = f"{_VOICE}, using only the readings below."
    voice_without_readings: str = f"{_VOICE}."
    widgets: str = (
        f"You are {_NAME}, the dashboard of an industrial plant. Choose the widgets that answer "
        "the question."
    )

    def text(self, task: str) -> str:
        """The text `task`, such as `voice`, with the assistant's name."""
        return str(getattr(self, task)).replace(_NAME, self.name)

    def retold(self, prompt: str) -> str:
        """`prompt`, with this assistant's text where it begins with one of the default texts."""
        default = Assistant()
        for task in ("voice", "voice_without_readings", "widgets"):
            if prompt.startswith(begin := default.text(task)):
                return self.text(task) + prompt[len(begin) :]
        return prompt


_active = Assistant()


def active_assistant() -> Assistant:
    """The assistant of this process: the default, or the site file's."""
    return _active


def use_assistant(assistant: Assistant) -> None:
    """Render every prompt of this process for `assistant`."""
    global _active  # noqa: PLW0603
    _active = assistant


def assistant_of(table: object) -> Assistant:
    """The assistant in the table `[assistant]` of a site file; raises `ValueError`."""
    if not isinstance(table, Mapping):
        raise ValueError("assistant: must be a table; write [assistant]")
    known = [field.name for field in fields(Assistant)]
    for key, text in table.items():
        if key not in known:
            raise ValueError(f"assistant.{key}: is not known; use {', '.join(known)}")
        if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST:
            raise ValueError(f"assistant.{key}: must be a text of 1 to {_LONGEST} characters")
    return replace(Assistant(), **{key: text.strip() for key, text in table.items()})

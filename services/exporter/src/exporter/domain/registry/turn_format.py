"""A chat format whose turns are joined by constant texts, and its template in Go's language."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

Message = dict[str, str]

_SPECIAL = re.compile(r"<[|｜]?[^<>\s]+>|\[/?[A-Z_]+\]")
_SYSTEM = '{{ if eq .Role "system" }}'
_ASSISTANT = '{{ else if eq .Role "assistant" }}'


@dataclass(frozen=True)
class TurnFormat:
    """The constant texts, named by the turns before and after them.

    `opening` follows the last user turn. With `late_system` the system message is not the first
    turn: it comes before the content of the last user turn.
    """

    start_system: str
    start_user: str
    system_user: str
    user_assistant: str
    assistant_user: str
    opening: str
    late_system: bool

    def render(self, messages: Sequence[Message]) -> str:
        """The text of a chat that ends with a user turn."""
        return "".join([*self._parts(list(messages)), self.opening])

    def after(self, start: str) -> "TurnFormat":
        """The format without `start`, where another puts it before every chat."""
        return replace(
            self,
            start_system=self.start_system.removeprefix(start),
            start_user=self.start_user.removeprefix(start),
        )

    @property
    def stop(self) -> tuple[str, ...]:
        """The special texts between an answer and the next question: no answer contains them."""
        return tuple(dict.fromkeys(_SPECIAL.findall(self.assistant_user)))

    def template(self) -> str | None:
        """The Go template; None if a text cannot be part of one, or of a Modelfile."""
        texts = (self.start_system, self.start_user, self.system_user, self.user_assistant)
        if any(mark in "".join([*texts, self.assistant_user, self.opening]) for mark in _SYNTAX):
            return None
        return self._late_template() if self.late_system else self._template()

    def _template(self) -> str:
        return (
            '{{- $before := "" }}{{ range .Messages }}'
            f"{_SYSTEM}{self.start_system}"
            f"{_ASSISTANT}{self.user_assistant}"
            f'{{{{ else if eq $before "" }}}}{self.start_user}'
            f'{{{{ else if eq $before "system" }}}}{self.system_user}'
            f"{{{{ else }}}}{self.assistant_user}{{{{ end }}}}"
            "{{ .Content }}{{ $before = .Role }}{{ end }}"
            f"{self.opening}"
        )

    def _late_template(self) -> str:
        return (
            '{{- $system := "" }}{{ $before := "" }}{{ range $i, $_ := .Messages }}'
            f"{_SYSTEM}{{{{ $system = .Content }}}}"
            f"{_ASSISTANT}{self.user_assistant}{{{{ .Content }}}}{{{{ $before = .Role }}}}"
            f'{{{{ else }}}}{{{{ if eq $before "" }}}}{self.start_user}'
            f"{{{{ else }}}}{self.assistant_user}{{{{ end }}}}"
            "{{ if and $system (eq (len (slice $.Messages $i)) 1) }}"
            f"{{{{ $system }}}}{self.system_user}{{{{ end }}}}"
            "{{ .Content }}{{ $before = .Role }}{{ end }}{{ end }}"
            f"{self.opening}"
        )

    def _parts(self, messages: list[Message]) -> Iterator[str]:
        system, before = "", ""
        for number, message in enumerate(messages, 1):
            role, content = message["role"], message["content"]
            if role == "system" and self.late_system:
                system = content
                continue
            yield self._joint(before, role)
            if system and number == len(messages):
                yield system + self.system_user
            yield content
            before = role

    def _joint(self, before: str, role: str) -> str:
        if role == "system":
            return self.start_system
        if role == "assistant":
            return self.user_assistant
        by_role = {"": self.start_user, "system": self.system_user}
        return by_role.get(before, self.assistant_user)


_SYNTAX = ("{{", "}}", '"""')

"""Judges a base model's chat template, and fixes what a server would change in it."""

from collections.abc import Callable, Mapping

Render = Callable[[str, list[dict[str, str]]], str]
"""A template and a chat to the text that a model reads, up to where its answer begins."""

_QUESTION = "How warm is it?"
_USER = {"role": "user", "content": _QUESTION}
_SYSTEM = {"role": "system", "content": "Be brief."}

_DATE_PARTS = {
    "%-": "%",
    "%Y": "2024",
    "%y": "24",
    "%m": "07",
    "%B": "July",
    "%b": "Jul",
    "%d": "26",
    "%e": "26",
    "%A": "Friday",
    "%a": "Fri",
    "%H": "00",
    "%I": "12",
    "%M": "00",
    "%S": "00",
    "%p": "AM",
    "%F": "2024-07-26",
    "%T": "00:00:00",
}
"""26 July 2024 in the codes of strftime: the date that Llama 3.1 prints if it is given none."""

_VALUES = {
    "date_string": "'26 Jul 2024'",
    "datetime": "'Jul 26 2024'",
    "enable_thinking": "false",
    "thinking": "false",
    "preserve_thinking": "false",
    "clear_thinking": "true",
    "drop_thinking": "true",
    "truncate_history_thinking": "true",
}
"""The variables that servers set on their own; the dates are in the format of llama-server.

The last four, of earlier answers' thinking, have the values that templates themselves default to.
"""


def _line() -> str:
    sets = "".join(f"{{% set {name} = {value} %}}" for name, value in _VALUES.items())
    date = "".join(f"|replace('{code}', '{part}')" for code, part in _DATE_PARTS.items())
    clock = f"{{% macro strftime_now(form) %}}{{{{ form{date} }}}}{{% endmacro %}}"
    return f"{sets}{clock}\n"


_PINNED = _line()


class UnusableTemplate(ValueError):
    """The base has no chat template (`missing`), or one that renders no question."""

    def __init__(self, problem: str, *, missing: bool = False) -> None:
        super().__init__(problem)
        self.missing = missing


def usable_template(own: str | Mapping[str, str] | None, render: Render) -> str:
    """The template of a base, pinned; of several named ones it is that named "default".

    Raises `UnusableTemplate` unless it renders a question.
    """
    template = own.get("default") if isinstance(own, Mapping) else own
    if not template:
        raise UnusableTemplate("the base model has no chat template", missing=True)
    pinned = pinned_template(template)
    if _QUESTION not in _rendered(pinned, [_USER], render):
        raise _renders_nothing("the question is not in the rendered text")
    return pinned


def takes_system_message(template: str, render: Render) -> bool:
    """Whether the template renders a system message instead of raising an error."""
    try:
        _rendered(template, [_SYSTEM, _USER], render)
    except UnusableTemplate:
        return False
    return True


def _rendered(template: str, chat: list[dict[str, str]], render: Render) -> str:
    try:
        return render(template, chat)
    except Exception as error:  # a template is a program: it may raise anything
        raise _renders_nothing(f"it raises {type(error).__name__}: {error}") from error


def _renders_nothing(detail: str) -> UnusableTemplate:
    return UnusableTemplate(f"the base model's chat template cannot render a question ({detail})")


def pinned_template(template: str) -> str:
    """`template` behind one line of Jinja that sets its date and turns thinking off.

    Renderers of chat templates drop the newline behind a block, so the line adds no text. A
    pinned template is returned as it is.
    """
    return template if template.startswith(_PINNED) else _PINNED + template

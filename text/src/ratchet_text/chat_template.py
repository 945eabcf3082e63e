"""Fixes what a server's clock and defaults would change in a base model's chat template."""

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


def pinned_template(template: str) -> str:
    """`template` behind one line of Jinja that sets its date and turns thinking off.

    Renderers of chat templates drop the newline behind a block, so the line adds no text. A
    pinned template is returned as it is.
    """
    return template if template.startswith(_PINNED) else _PINNED + template

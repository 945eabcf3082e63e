"""Prints texts that clients chose: none of them can control the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_REPLACEMENT = "\N{MIDDLE DOT}"
_KEPT = "\n\t\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"


def printable(text: str) -> str:
    """`text` with a dot for each character that has no shape, such as ESC.

    Ends of lines, tabs and the joiners inside words remain.
    """
    return "".join(one if one.isprintable() or one in _KEPT else _REPLACEMENT for one in text)


def say(text: object, err: bool = False, label: str = "") -> None:
    """Print a line on stdout, or on stderr; `label` comes first, as it is."""
    typer.echo(label + printable(str(text)), err=err)


def colored(text: str, color: str) -> "Text":
    """A cell or a line of `screen()` in `color`."""
    from rich.text import Text

    return Text(printable(text), style=color)


def screen(**options: Any) -> "Console":
    """A Rich console that prints each `str`, also in tables, as it is: without markup."""
    from rich.console import Console

    class Screen(Console):
        def render_str(self, text: str, **how: Any) -> Any:
            return super().render_str(printable(text), **{**how, "markup": False, "emoji": False})

    return Screen(**options)


Step = Callable[[str], None]
"""Receives what a command does now."""


@contextmanager
def steps() -> Iterator[Step]:
    """Shows the latest step and that it goes on, on stderr if that is a terminal."""
    with screen(stderr=True).status("") as status:
        yield lambda step: status.update(colored(step, "default"))

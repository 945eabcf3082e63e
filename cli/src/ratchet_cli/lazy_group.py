"""A Typer group that imports each command when it is needed."""

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint
from typing import Any

import typer
from typer.core import TyperGroup

from ratchet.command_line import command_errors


class LazyCommands(Mapping[str, Any]):
    """Commands by name, in the order of `targets`; each is imported at its first use.

    A target is a function with Typer's annotations, or a `typer.Typer` with subcommands.
    """

    def __init__(self, targets: Mapping[str, EntryPoint]) -> None:
        self._targets = targets
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _command(name, self._targets[name].load())
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)


class LazyGroup(TyperGroup):
    """A group whose subclass names its commands in `targets`."""

    targets: Mapping[str, EntryPoint]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = LazyCommands(self.targets)  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:
        """Names alone: Typer's own method would import every command."""
        return list(self.commands)


def _command(name: str, target: Any) -> Any:
    app = typer.Typer(rich_markup_mode=None)
    if isinstance(target, typer.Typer):
        for one in target.registered_commands:
            assert one.callback is not None
            one.callback = command_errors(one.callback)
        app.add_typer(target, name=name)
    else:
        app.command(name)(command_errors(target))
    return typer.main.get_group(app).commands[name]

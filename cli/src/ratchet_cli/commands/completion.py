"""`ratchet completion`: the completion script of a shell."""

from typing import Annotated, Literal

import typer


def completion(
    context: typer.Context,
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="The shell you use.")],
) -> None:
    """Print the completion script of a shell.

    In bash: `source <(ratchet completion bash)`.
    `ratchet --install-completion` installs it for the current shell.
    """
    from typer.completion import shell_complete

    ratchet = context.find_root().command
    shell_complete(ratchet, {}, "ratchet", "_RATCHET_COMPLETE", f"source_{shell}")

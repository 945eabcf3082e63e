"""`ratchet completion`: what a shell reads to complete the command's words."""

from typing import Annotated, Literal

import typer
from typer.completion import shell_complete


def completion(
    context: typer.Context,
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="The shell you use.")],
) -> None:
    """Print a shell's completion script; bash reads it by `source <(ratchet completion bash)`.

    `ratchet --install-completion` writes it where the shell that you are in finds it.
    """
    ratchet = context.find_root().command
    shell_complete(ratchet, {}, "ratchet", "_RATCHET_COMPLETE", f"source_{shell}")

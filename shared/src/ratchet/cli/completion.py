"""`ratchet completion`: what a shell reads to complete the command's words."""

from typing import Annotated, Literal

import typer
from typer.completion import get_completion_script


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="The shell you use.")],
) -> None:
    """Print a shell's completion script; bash reads it by `source <(ratchet completion bash)`.

    `ratchet --install-completion` writes it where the shell that you are in finds it.
    """
    typer.echo(
        get_completion_script(prog_name="ratchet", complete_var="_RATCHET_COMPLETE", shell=shell)
    )

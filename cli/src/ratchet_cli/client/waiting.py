"""What a client prints while an intake does not accept its calls, and when it gives up."""

from rich.console import Console

from ratchet.command_line import NoAnswer
from ratchet_text import masked

PATIENCE_S = 60.0


class Waiting:
    """Prints the problem of a retry once until it changes; `url` has no password."""

    def __init__(self, console: Console, url: str) -> None:
        self._console = console
        self.url = masked(url)
        self._said = ""

    def __call__(self, problem: str) -> None:
        if problem != self._said:
            self._console.print(
                f"waiting for {self.url}, {PATIENCE_S:.0f} s at most: {problem}", soft_wrap=True
            )
        self._said = problem

    def given_up(self, error: NoAnswer) -> str:
        """Why the command ends, without a remedy."""
        if error.answered:
            problem = str(error).rstrip(".")
            return f"{self.url} has accepted nothing for {PATIENCE_S:.0f} s: {problem}"
        return f"{self.url} has not responded for {PATIENCE_S:.0f} s ({error})"

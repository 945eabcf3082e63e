"""`ratchet models`: the registered versions, the active one, and the figures of each."""

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from rich.table import Table
from rich.text import Text

from ratchet.command_line import (
    Unreachable,
    colored,
    exporter_status,
    print_json,
    screen,
    service_url,
)
from ratchet_text import masked


def show_models(data_dir: Path, exporter_url: str | None, *, as_json: bool) -> None:
    """Print the models that the exporter reports; raises `Unreachable` without an exporter."""
    exporter = service_url("exporter", data_dir, exporter_url, "--exporter-url")
    try:
        status = exporter_status(httpx.get(f"{exporter}/status", timeout=5.0))
    except (httpx.HTTPError, ValueError) as error:
        raise Unreachable(
            f"The exporter at {masked(exporter)} does not respond: {error}. "
            "Run `ratchet status` to see whether it is running."
        ) from error
    facts = {name: status[name] for name in ("model", "active", "models", "ollama")}
    facts["server"] = status.get("server")
    if as_json:
        print_json(facts)
    else:
        _print(facts)


def _print(facts: dict[str, Any]) -> None:
    console = screen()
    table = Table(title=facts["model"])
    for heading in ("version", "", "activated", "format", "top-1", "KL"):
        table.add_column(heading, no_wrap=True)
    table.add_column("text quality")
    for row in facts["models"]:
        state = colored("active", "green") if row["active"] else ""
        unreadable = ["", "", "", colored(row["problem"], "red")] if "problem" in row else None
        figures = unreadable or _figures(row)
        table.add_row(row["version"], state, _minute(row["activated_at"]), *figures)
    console.print(table)
    lines = [_ollama(facts["ollama"], facts["active"])]
    if facts["server"] is not None:
        lines.append(_alias_server(facts["server"], facts["active"]))
    console.print(*lines, sep="\n", highlight=False, soft_wrap=True)


def _figures(row: dict[str, Any]) -> list[str]:
    return [
        row["quantization"],
        f"{row['parity']['top1']:.1%}",
        f"{row['parity']['kl']:.4f}",
        f"{_quality(row['before'])} -> {_quality(row['after'])}",
    ]


def _minute(at: str | None) -> str:
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}" if at else ""


def _quality(scores: dict[str, float | None]) -> str:
    quality = scores["text_quality"]
    return "?" if quality is None else f"{quality:.2f}"


def _ollama(ollama: dict[str, Any] | None, active: str | None) -> str | Text:
    """One line on Ollama's state: what it serves, or which versions it lacks and why."""
    if ollama is None:
        return "Ollama is not configured: only the local registry holds the models"
    if not ollama["available"]:
        return "Ollama does not respond; its alias moves when it does"
    if "problem" in ollama:
        return f"Ollama: {ollama['problem']}"
    lacks = ollama["lacks"]
    if active in lacks["refused"]:
        return colored(f"Ollama cannot serve {active}: {lacks['refused'][active]}", "red")
    if lacks["trouble"]:
        retry = f"next attempt after {lacks['wait_s']:.0f} s"
        missing = ", ".join(lacks["missing"])
        return colored(f"Ollama lacks {missing}: {lacks['trouble']}; {retry}", "red")
    if lacks["missing"]:
        return f"Ollama is loading {', '.join(lacks['missing'])}"
    if ollama["active"] == active:
        return f"Ollama serves {active}" if active else "Ollama serves none of them"
    return colored(f"Ollama serves {ollama['active']}, not {active}", "red")


def _alias_server(server: dict[str, Any], active: str | None) -> str | Text:
    """One line on the server of the alias: what it serves, or why it is not the active version."""
    if problem := server["problem"]:
        retry = f"it is asked again after {server['wait_s']:.0f} s"
        return colored(f"{active} is pending: {problem}; {retry}", "red")
    if server["version"] is None:
        return "the server has not been asked yet"
    return f"the server answers as {server['version']}"

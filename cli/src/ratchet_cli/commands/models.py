"""`ratchet models`: the registered versions, which one serves, and what each was judged by."""

from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.command_line import (
    AsJson,
    DataDir,
    ExporterUrl,
    Unreachable,
    exporter_status,
    print_json,
    service_url,
)


def models(
    data_dir: DataDir = Path("var/ratchet"),
    exporter_url: ExporterUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the registered versions, newest first."""
    import httpx

    exporter = service_url("exporter", data_dir, exporter_url, "--exporter-url")
    try:
        status = exporter_status(httpx.get(f"{exporter}/status", timeout=5.0))
    except (httpx.HTTPError, ValueError) as error:
        raise Unreachable(
            f"no exporter answers at {exporter}: {error}; `ratchet status` shows whether it runs"
        ) from error
    found = {name: status[name] for name in ("model", "active", "models", "ollama")}
    if as_json:
        print_json(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=found["model"])
    for heading in ("version", "", "activated", "format", "top-1", "KL"):
        table.add_column(heading, no_wrap=True)
    table.add_column("text quality")
    for row in found["models"]:
        serves = "[green]active[/green]" if row["active"] else ""
        figures = _figures(row) if "problem" not in row else _unreadable(row)
        table.add_row(row["version"], serves, _moment(row["activated_at"]), *figures)
    console.print(table)
    console.print(_ollama(found["ollama"], found["active"]), highlight=False, soft_wrap=True)


def _figures(row: dict[str, Any]) -> list[str]:
    return [
        row["quantization"],
        f"{row['parity']['top1']:.1%}",
        f"{row['parity']['kl']:.4f}",
        f"{_score(row['before'])} -> {_score(row['after'])}",
    ]


def _unreadable(row: dict[str, Any]) -> list[str]:
    return ["", "", "", f"[red]{row['problem']}[/red]"]


def _moment(at: str | None) -> str:
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}" if at else ""


def _score(scores: dict[str, float | None]) -> str:
    quality = scores["text_quality"]
    return "?" if quality is None else f"{quality:.2f}"


def _ollama(ollama: dict[str, Any] | None, active: str | None) -> str:
    if ollama is None:
        return "no Ollama is set: the local registry alone serves"
    if not ollama["available"]:
        return "Ollama does not answer: its alias follows when it does"
    if "problem" in ollama:
        return f"Ollama: {ollama['problem']}"
    lacks = ollama["lacks"]
    if active in lacks["refused"]:
        return f"[red]Ollama does not get {active}: {lacks['refused'][active]}[/red]"
    if lacks["trouble"]:
        again = f"tried again after {lacks['wait_s']:.0f} s"
        return f"[red]Ollama lacks {', '.join(lacks['missing'])}: {lacks['trouble']}; {again}[/red]"
    if lacks["missing"]:
        return f"Ollama takes in {', '.join(lacks['missing'])}"
    if ollama["active"] == active:
        return f"Ollama serves {active}" if active else "Ollama serves none of them"
    return f"[red]Ollama serves {ollama['active']}, not {active}[/red]"

"""The exporter's commands of the `ratchet` program: options here, the work in `exporter.cli`.

Importing this module is quick, because `ratchet --help` and shell completion do it.
"""

from pathlib import Path
from typing import Annotated

import typer

from ratchet.command_line import DEFAULT_DATA_DIR, AsJson, DataDir, ExporterUrl

IntakeUrl = Annotated[
    str | None, typer.Option(envvar="RATCHET_URL", help="The intake, if not the one there.")
]
RequestedBy = Annotated[str | None, typer.Option("--by", help="Your user name if left out.")]
Reason = Annotated[str, typer.Option(help="Why, for the record.")]
Deadline = Annotated[float, typer.Option(min=0, help="Seconds to wait for the outcome.")]


def models(
    data_dir: DataDir = DEFAULT_DATA_DIR, exporter_url: ExporterUrl = None, as_json: AsJson = False
) -> None:
    """List the registered versions, newest first.

    A version's tag begins with the time of its checkpoint.
    """
    from exporter.cli.model_table import show_models

    show_models(data_dir, exporter_url, as_json=as_json)


def activate(
    version: Annotated[str, typer.Argument(help="A version that `ratchet models` shows.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    url: IntakeUrl = None,
    exporter_url: ExporterUrl = None,
    by: RequestedBy = None,
    reason: Reason = "",
    deadline: Deadline = 120.0,
    as_json: AsJson = False,
) -> None:
    """Serve a registered version.

    It is refused if its files have changed.
    """
    from exporter.cli.activation import endpoints_of, move_alias, requester

    body = {"version": version, "requested_by": requester(by), "reason": reason}
    endpoints = endpoints_of(data_dir, url, exporter_url)
    move_alias("activation", body, endpoints, deadline, as_json=as_json)


def rollback(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    url: IntakeUrl = None,
    exporter_url: ExporterUrl = None,
    by: RequestedBy = None,
    reason: Reason = "",
    deadline: Deadline = 120.0,
    as_json: AsJson = False,
) -> None:
    """Serve the previous version again.

    A second rollback goes one version further back.
    """
    from exporter.cli.activation import endpoints_of, move_alias, requester

    body = {"requested_by": requester(by), "reason": reason}
    endpoints = endpoints_of(data_dir, url, exporter_url)
    move_alias("rollback", body, endpoints, deadline, as_json=as_json)


def bundle(
    version: Annotated[str, typer.Argument(help="A registered version, or `latest`.")],
    out: Annotated[
        Path | None, typer.Option(help="The file; by default in <data-dir>/bundles.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Write a registered version into one signed file."""
    from exporter.cli.bundles import write_bundle_file

    write_bundle_file(data_dir, version, out, as_json=as_json)


def install(
    file: Annotated[Path, typer.Argument(help="A bundle.", exists=True, dir_okay=False)],
    trust: Annotated[
        Path | None,
        typer.Option(help="A public key (PEM) to trust this once.", exists=True, dir_okay=False),
    ] = None,
    activate: Annotated[bool, typer.Option(help="Serve the model.")] = True,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Verify a bundle and register its model.

    A refused bundle changes nothing.
    """
    from exporter.cli.bundles import install_bundle_file

    install_bundle_file(data_dir, file, trust, activate=activate, as_json=as_json)


def compare(
    version: Annotated[str, typer.Argument(help="A registered version.")],
    url: Annotated[str, typer.Option(help="Where /chat/completions begins, with any /v1.")],
    model: Annotated[str, typer.Option(help="The server's name for the model.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Compare an OpenAI-compatible server's answers with those of the trained model.

    Reads the registry in the data directory of the settings (RATCHET_DATA_DIR) and changes
    nothing; exits with 1 where the server does not serve this version.
    """
    from exporter.cli.comparison import compare_server

    compare_server(version, url, model, as_json=as_json)


def answer(
    gguf: Annotated[Path, typer.Argument(help="A model file.", exists=True, dir_okay=False)],
    question: Annotated[str, typer.Argument(help="What an operator asks.")],
    reading: Annotated[
        list[str] | None, typer.Option(help="Such as 'pump 001 power: 45 kW'; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with a model file, and check the answer with the readings."""
    from exporter.cli.answering import answer_once

    answer_once(gguf, question, reading or [], as_json=as_json)


def trial(as_json: AsJson = False) -> None:
    """Try the export and registration of the configured base model with a small one.

    It has the base's architecture, tokenizer and chat template, and is removed again; `ratchet
    doctor` includes the result. Exits with 1 if a check fails.
    """
    from exporter.cli.trial import run_trial

    run_trial(as_json=as_json)


def keys(as_json: AsJson = False) -> None:
    """List the keys whose bundles may be installed, and when they expire.

    Reads the data directory of the settings (RATCHET_DATA_DIR).
    """
    from exporter.cli.bundle_keys import show_bundle_keys

    show_bundle_keys(as_json=as_json)


def certify(
    days: Annotated[int, typer.Option(min=1, max=36_500, help="How long it is valid.")] = 365,
    as_json: AsJson = False,
) -> None:
    """Give the key that signs bundles an expiry: write its certificate beside it.

    Plants that trust the certificate refuse the key's bundles afterwards.
    """
    from exporter.cli.bundle_keys import certify_key

    certify_key(days, as_json=as_json)

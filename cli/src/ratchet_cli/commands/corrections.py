"""`ratchet corrections`: lets a correction teach that came from a key without the scope `teach`."""

import getpass
import json
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    AsJson,
    DataDir,
    Failed,
    Unreachable,
    api_key_headers,
    print_json,
    say,
    service_url,
)

if TYPE_CHECKING:
    import httpx

_FIELDS = ("correction", "correction_text", "per_widget_feedback", "missing_widgets")

corrections = typer.Typer(
    help="Corrections that wait for a person's approval.", no_args_is_help=True
)


@corrections.command()
def approve(
    query_id: Annotated[str, typer.Argument(help="The id of the answer.", metavar="QUERY_ID")],
    by: Annotated[str | None, typer.Option(help="Your name. Default: your user name.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not prompt.")] = False,
    url: Annotated[
        str | None,
        typer.Option(envvar="RATCHET_URL", help="The intake, if not the data directory's."),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Show the corrections of an answer that wait, and let them teach.

    The key in RATCHET_API_KEY needs the scopes `read` and `operate`.
    """
    if as_json and not yes:
        raise typer.BadParameter("--json cannot prompt; pass --yes")
    import httpx

    intake = service_url("ingest", data_dir, url, "--url")
    try:
        with httpx.Client(base_url=intake, headers=api_key_headers(), timeout=30) as client:
            answer = client.get(f"/v1/experiences/{quote(query_id, safe='')}")
            waiting = _waiting(_body(answer, query_id)["facts"])
            if not waiting:
                raise Failed(f"No correction of {query_id} waits for approval.")
            if not yes:
                _show(waiting)
                typer.confirm("Approve them for training?", abort=True, err=True)
            body = {
                "requested_by": by or getpass.getuser(),
                "query_id": query_id,
                "event_ids": [event["event_id"] for event in waiting],
            }
            approved = _body(client.post("/v1/commands/corrections", json=body), query_id)
    except httpx.TransportError as error:
        raise Unreachable(f"The intake at {intake} does not respond: {error}. Start it.") from error
    if as_json:
        print_json(approved)
    else:
        say(f"{len(approved['event_ids'])} corrections of {query_id} approved for training")


def _waiting(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    bodies = [fact["body"] for fact in facts]
    approved = {body["caused_by"] for body in bodies if body.get("approved_by")}
    return [
        body
        for body in bodies
        if not body.get("may_teach", True) and body["event_id"] not in approved
    ]


def _show(waiting: list[dict[str, Any]]) -> None:
    for event in waiting:
        content = event.get("feedback") or event["experience"]
        say(f"{event['event_id']}, {event['occurred_at']}, of {content.get('user_id') or 'nobody'}")
        for name in _FIELDS:
            if content.get(name):
                say(f"  {name}: {json.dumps(content[name], ensure_ascii=False)}")


def _body(answer: "httpx.Response", query_id: str) -> dict[str, Any]:
    if answer.is_success:
        body: dict[str, Any] = answer.json()
        return body
    try:
        problem = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        problem = answer.text[:200]
    raise Failed(f"{query_id}: {answer.status_code} {problem}.")

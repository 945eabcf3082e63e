"""What the streams declare is what the services do: the janitor stands on it."""

import ast
from pathlib import Path

from ingest.ranking.scorer_watch import CHANGES
from ratchet.contract import SCORERS, STREAMS

ROOT = Path(__file__).parents[2]


def groups_of_services() -> set[str]:
    """The second argument of every `Consumer(...)` where it is written out."""
    calls = [
        node
        for path in ROOT.glob("services/*/src/**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Consumer"
    ]
    return {call.args[1].value for call in calls if isinstance(call.args[1], ast.Constant)}


def test_every_group_a_service_reads_in_is_declared_by_a_stream():
    declared = {group for stream in STREAMS for group in stream.groups}
    assert groups_of_services() <= declared


def test_what_is_kept_for_readers_without_a_group_is_what_they_look_for():
    assert SCORERS.tails == ("ingest",)
    assert SCORERS.keeps == CHANGES

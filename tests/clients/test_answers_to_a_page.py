"""What the browser's client does with each answer of the server; runs in Node, with a fetch that
answers at once."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from client_losses.browser_client import MODULE

NODE = shutil.which("node")
CASES = Path(__file__).with_name("answers_of_a_server.mjs")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed")
ALL = ["q-1", "bad", "q-2"]


@cache
def results() -> dict[str, Any]:
    run = subprocess.run(
        [str(NODE), str(CASES), str(MODULE)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("case", ["refused", "refused as a whole", "refused and others not named"])
def test_a_refused_item_is_dropped_once_and_its_neighbours_are_accepted(case: str):
    found = results()[case]
    assert found["dropped"] == [["bad", "refused"]]
    assert (found["accepted"], found["waiting"]) == (2, 0)


def test_an_event_that_the_server_fails_on_does_not_keep_the_others_waiting():
    found = results()["fails for one"]
    others = [one for ids in found["requests"] if "bad" not in ids for one in ids]
    assert sorted(others) == ["q-1", "q-2"]
    assert (found["accepted"], found["dropped"]) == (3, [])


def test_a_time_that_the_client_added_is_removed_if_the_server_refuses_it():
    found = results()["clock ahead"]
    assert found["requests"] == [ALL, ALL]
    assert (found["accepted"], found["dropped"]) == (3, [])


@pytest.mark.parametrize(
    ("case", "requests"),
    [
        ("accepted", 1),
        ("retry after", 2),
        ("retry after a date", 3),
        ("guest network", 3),
        ("null", 3),
        ("too few accepted", 3),
        ("no connection", 4),
    ],
)
def test_what_was_not_accepted_is_sent_again_after_a_pause(case: str, requests: int):
    found = results()[case]
    assert found["requests"] == [ALL] * requests
    assert (found["accepted"], found["waiting"]) == (3, 0)
    assert "problem" not in found
    least, most = {1: (0, 0), 2: (42_000, 42_000), 3: (500, 1_000), 4: (1_000, 2_000)}[requests]
    assert least <= found["longest"] <= most

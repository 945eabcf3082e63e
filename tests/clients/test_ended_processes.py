"""What was recorded reaches the server although its process is killed, ends or forks."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from client_losses.plant import ids_in
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES
from ratchet_client import Ratchet
from ratchet_testing.valkey import free_port

PROGRAM = Path(__file__).with_name("recording_program.py")
KILLS = 5


def left(spool: Path) -> list[str]:
    return [path.name for path in spool.iterdir()]


def killed(url: str, spool: Path, first: int, after: int) -> list[str]:
    """Ids whose `record` returned in a process that is killed after `after` of them."""
    command = [sys.executable, str(PROGRAM), url, str(spool), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ids = [process.stdout.readline() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        ids += process.stdout.readlines()
    return [line.strip() for line in ids if line.endswith("\n")]


@pytest.mark.parametrize("reachable", [True, False])
async def test_a_killed_process_loses_nothing_that_it_recorded(
    intake: str, redis: Redis, tmp_path: Path, reachable: bool
):
    url = intake if reachable else f"http://127.0.0.1:{free_port()}"
    ids: set[str] = set()
    for number in range(KILLS):
        ids |= set(
            await asyncio.to_thread(killed, url, tmp_path, number * 100_000, 50 + number * 37)
        )
    with Ratchet(intake, spool=tmp_path) as client:
        assert await asyncio.to_thread(client.flush, 20)
    found = await ids_in(redis, EXPERIENCES)
    assert len(ids) >= 50 * KILLS
    assert ids - found.keys() == set()
    assert set(found.values()) == {1}
    assert left(tmp_path) == []


async def test_an_ending_process_sends_what_waits(intake: str, redis: Redis, tmp_path: Path):
    code = (
        "import sys; from ratchet_client import Ratchet;"
        "client = Ratchet(sys.argv[1], spool=sys.argv[2], linger_s=60);"
        "[client.record(query_id=f'q-{n}', transcript='power?') for n in range(10)]"
    )
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code, intake, str(tmp_path)], check=True
    )
    assert (await ids_in(redis, EXPERIENCES)).total() == 10
    assert left(tmp_path) == []


def test_an_ending_process_waits_for_an_unreachable_server_for_a_limited_time(
    tmp_path: Path, silent_port: int
):
    code = (
        "import sys; from ratchet_client import Ratchet;"
        "client = Ratchet(sys.argv[1], spool=sys.argv[2], exit_timeout_s=0.2);"
        "client.record(query_id='q-1', transcript='power?')"
    )
    url = f"http://127.0.0.1:{silent_port}"
    subprocess.run([sys.executable, "-c", code, url, str(tmp_path)], check=True, timeout=60)
    with Ratchet(url, spool=tmp_path) as client:
        assert client.counts.left == 1
        client.close(0)


async def test_a_forked_process_sends_its_own_events_and_leaves_those_of_its_parent(
    intake: str, redis: Redis, tmp_path: Path
):
    """As gunicorn does with an application that it loads before it forks its workers."""
    code = """
import os, sys
from ratchet_client import Ratchet
client = Ratchet(sys.argv[1], spool=sys.argv[2], linger_s=0.2)
client.record(query_id="parent", transcript="power?")
children = []
for worker in range(3):
    child = os.fork()
    if child == 0:
        assert client.rank("power?", ["kpi"], timeout_s=20).decision_id
        for number in range(20):
            client.record(query_id=f"child-{worker}-{number}", transcript="power?")
        sys.exit(0)
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
client.record(query_id="parent-later", transcript="power?")
"""
    command = [sys.executable, "-c", code, intake, str(tmp_path)]
    await asyncio.to_thread(subprocess.run, command, check=True)
    found = await ids_in(redis, EXPERIENCES)
    assert len(found) == 62
    assert set(found.values()) == {1}
    assert left(tmp_path) == []


def test_a_fork_after_the_client_was_closed_closes_no_file_of_others(tmp_path: Path, intake: str):
    """The numbers of the client's files are given to the next files that are opened."""
    code = """
import os, sys
from ratchet_client import Ratchet
client = Ratchet(sys.argv[1], spool=sys.argv[2])
client.record(query_id="q-1", transcript="power?")
client.close(20)
files = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
child = os.fork()
if child == 0:
    for file in files:
        os.fstat(file)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    command = [sys.executable, "-c", code, intake, str(tmp_path)]
    subprocess.run(command, check=True, timeout=60)


def test_a_process_in_a_read_only_place_records_in_memory(tmp_path: Path, intake: str):
    file = tmp_path / "file"
    file.touch()
    with Ratchet(intake, spool=file / "spool") as client:
        client.record(query_id="q-1", transcript="power?")
        assert client.flush(20)
    assert left(tmp_path) == ["file"]

"""Child processes: lines out, failures named, and none that outlives its parent."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from ratchet.processes import ChildFailed, run_child
from ratchet_testing.eventually import eventually

ECHO = "import sys; print(sys.stdin.read()); print('second', flush=True)"
BREAK = "import sys; print('what went wrong', file=sys.stderr); sys.exit(3)"
LINGER = (
    "import os, time\n"
    "from ratchet.processes.parent_death import die_with_parent\n"
    "die_with_parent()\n"
    "print(os.getpid(), flush=True)\ntime.sleep(600)"
)
PARENT = """
import asyncio, sys
from pydantic import BaseModel
from ratchet.processes import run_child
async def tell(line): print(line.decode().strip(), flush=True)
class Request(BaseModel): pass
asyncio.run(run_child("job", Request(), tell))
"""
SITE = """
from pydantic import BaseModel
from ratchet.processes import serve_parent
from ratchet_text import equipment_ids
class Request(BaseModel): pass
class Answer(BaseModel): names: list[str]
def work(request, report): report(Answer(names=[one.name for one in equipment_ids("Heber 3")]))
serve_parent(Request, work)
"""


class Request(BaseModel):
    number: int = 7


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def write(code: str) -> None:
        (tmp_path / "job.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return write


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_child_reads_the_request_and_writes_lines(job):
    job(ECHO)
    lines: list[bytes] = []

    async def keep(line: bytes) -> None:
        lines.append(line)

    await run_child("job", Request(), keep)
    assert lines == [b'{"number":7}\n', b"second\n"]


async def test_a_child_that_starts_early_gets_the_request_when_ready(job, tmp_path: Path):
    begun = tmp_path / "begun"
    job(f"import pathlib, sys\npathlib.Path({str(begun)!r}).touch()\n{ECHO}")
    ready, lines = asyncio.Event(), []

    async def keep(line: bytes) -> None:
        lines.append(line)

    async def started() -> bool:
        return begun.exists()

    running = asyncio.create_task(run_child("job", Request(), keep, ready=ready))
    await eventually(started)
    assert lines == []
    ready.set()
    await running
    assert lines == [b'{"number":7}\n', b"second\n"]


async def test_a_failure_has_the_last_output_of_the_child(job):
    job(BREAK)

    async def ignore(line: bytes) -> None: ...

    with pytest.raises(ChildFailed, match="status 3: what went wrong"):
        await run_child("job", Request(), ignore)


async def test_cancelling_kills_the_child(job):
    job(LINGER)
    pids: list[int] = []

    async def keep(line: bytes) -> None:
        pids.append(int(line))

    running = asyncio.create_task(run_child("job", Request(), keep))

    async def started() -> bool:
        return bool(pids)

    await eventually(started)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not alive(pids[0])


async def test_the_child_dies_with_a_killed_parent(job):
    job(LINGER)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    await parent.wait()

    async def gone() -> bool:
        return not alive(child)

    await eventually(gone)


async def test_a_child_reads_texts_with_the_words_of_the_site_file(
    job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    job(SITE)
    monkeypatch.setenv("PYTHONPATH", ":".join((str(tmp_path), *sys.path)))
    (tmp_path / "site.toml").write_text('[devices]\npump = ["Heber"]')
    monkeypatch.setenv("RATCHET_SITE_FILE", str(tmp_path / "site.toml"))
    lines: list[bytes] = []

    async def keep(line: bytes) -> None:
        lines.append(line)

    await run_child("job", Request(), keep)
    assert lines == [b'{"names":["pump 3"]}\n']

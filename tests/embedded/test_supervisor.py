"""The supervisor with real processes: restarts them, and leaves none behind."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from ratchet_cli.embedded.processes import Embedded, ProcessSpec
from ratchet_cli.embedded.supervisor import Supervised, Supervisor
from ratchet_testing.eventually import eventually

SLEEPER = "import time; print('hello', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('stopping', flush=True)); "
    "print('hello', flush=True); time.sleep(1); print('done', flush=True)"
)


def spec(code: str, name: str = "worker") -> ProcessSpec:
    return ProcessSpec(name, [sys.executable, "-c", code], {}, 0)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_output_is_forwarded_with_the_name_of_the_process():
    lines: list[tuple[str, str]] = []
    process = Supervised(spec(SLEEPER), lambda name, line: lines.append((name, line)))
    await process.start()

    async def hello() -> bool:
        return ("worker", "hello") in lines

    await eventually(hello)
    await process.stop()


async def test_a_killed_process_and_one_that_exits_with_0_are_restarted():
    for number in (signal.SIGKILL, signal.SIGTERM):
        process = Supervised(spec(SLEEPER), lambda name, line: None)
        await process.start()
        first = process.pid
        assert first is not None
        os.kill(first, number)

        async def another(first: int = first, process: Supervised = process) -> bool:
            return process.pid not in (None, first)

        await eventually(another)
        assert process.restarts == 1
        await process.stop()
        assert process.pid is None


async def test_training_has_a_lower_priority_than_serving(tmp_path: Path):
    by_name = {spec.name: spec for spec in Embedded(tmp_path, 8100, {}).processes()}
    assert by_name["trainer"].nice > by_name["ingest"].nice
    lines: list[str] = []
    code = "import os; print(os.nice(0), flush=True)"
    process = Supervised(
        replace(spec(code), nice=by_name["trainer"].nice), lambda name, line: lines.append(line)
    )
    await process.start()

    async def printed() -> bool:
        return str(os.nice(0) + by_name["trainer"].nice) in lines

    await eventually(printed)
    await process.stop()


async def test_stop_lets_a_process_finish_its_work():
    lines: list[str] = []
    process = Supervised(spec(STUBBORN), lambda name, line: lines.append(line))
    await process.start()

    async def hello() -> bool:
        return "hello" in lines

    await eventually(hello)
    await process.stop()
    assert lines == ["hello", "stopping", "done"]
    assert process.restarts == 0


async def test_processes_stop_in_reverse_start_order():
    ends: list[str] = []
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    print('end', flush=True); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nprint('up', flush=True)\ntime.sleep(600)"
    )
    names = ["valkey", "reward", "ingest"]
    supervisor = Supervisor(
        [spec(code, name) for name in names], lambda name, line: ends.append(f"{name} {line}")
    )
    await supervisor.start()

    async def all_up() -> bool:
        return len(ends) == len(names)

    await eventually(all_up)
    await supervisor.stop()
    assert ends[3:] == ["ingest end", "reward end", "valkey end"]


async def test_the_children_of_a_killed_supervisor_die_with_it(tmp_path: Path):
    code = f"""
import asyncio, sys
from ratchet_cli.embedded.processes import Embedded, ProcessSpec
from ratchet_cli.embedded.supervisor import Supervised
async def main():
    spec = ProcessSpec("c", [sys.executable, "-c", {SLEEPER!r}], {{}}, 0)
    child = Supervised(spec, lambda name, line: None)
    await child.start()
    print(child.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    lines: list[str] = []
    process = Supervised(spec(code), lambda name, line: lines.append(line))
    await process.start()

    async def started() -> bool:
        return bool(lines)

    await eventually(started)
    child, parent = int(lines[0]), process.pid
    assert parent is not None
    os.kill(parent, signal.SIGKILL)

    async def child_gone() -> bool:
        return gone(child)

    await eventually(child_gone)
    await process.stop()

"""The supervisor on real processes: restarts what ends, and leaves nothing behind."""

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
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True)); "
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


async def test_what_a_process_says_is_passed_on_with_its_name():
    heard: list[tuple[str, str]] = []
    process = Supervised(spec(SLEEPER), lambda name, line: heard.append((name, line)))
    await process.start()

    async def hello() -> bool:
        return ("worker", "hello") in heard

    await eventually(hello)
    await process.stop()


async def test_a_killed_process_and_one_that_ends_with_0_are_started_again():
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


async def test_learning_gives_way_to_serving(tmp_path: Path):
    by_name = {spec.name: spec for spec in Embedded(tmp_path, 8100, {}).processes()}
    assert by_name["trainer"].nice > by_name["ingest"].nice
    heard: list[str] = []
    code = "import os; print(os.nice(0), flush=True)"
    process = Supervised(
        replace(spec(code), nice=by_name["trainer"].nice), lambda name, line: heard.append(line)
    )
    await process.start()

    async def told() -> bool:
        return str(os.nice(0) + by_name["trainer"].nice) in heard

    await eventually(told)
    await process.stop()


async def test_stop_lets_a_process_finish_what_it_does():
    heard: list[str] = []
    process = Supervised(spec(STUBBORN), lambda name, line: heard.append(line))
    await process.start()

    async def hello() -> bool:
        return "hello" in heard

    await eventually(hello)
    await process.stop()
    assert heard == ["hello", "asked", "done"]
    assert process.restarts == 0


async def test_processes_stop_in_the_reverse_of_their_start():
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
    heard: list[str] = []
    process = Supervised(spec(code), lambda name, line: heard.append(line))
    await process.start()

    async def said() -> bool:
        return bool(heard)

    await eventually(said)
    child, parent = int(heard[0]), process.pid
    assert parent is not None
    os.kill(parent, signal.SIGKILL)

    async def child_gone() -> bool:
        return gone(child)

    await eventually(child_gone)
    await process.stop()

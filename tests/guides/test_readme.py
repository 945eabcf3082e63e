"""The commands of README.md run as they are printed, against the embedded system."""

import asyncio
import json
import re
import signal
import sys
from pathlib import Path

import pytest

from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

pytestmark = pytest.mark.heavy
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
START, SEND, SEE = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def adapted(command: str, directory: Path, port: int) -> str:
    """The command with this environment's program and data directory, on free ports."""
    program = Path(sys.executable).with_name("ratchet")
    return (
        command.replace(".venv/bin/ratchet", str(program))
        .replace("var/ratchet", str(directory))
        .replace("8100", str(port))
    )


async def output_of(command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "bash", "-euc", command, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, command
    return output.decode()


async def test_the_three_steps_of_the_readme_work_as_printed(tmp_path: Path):
    port = free_port(6)
    start, send, see = (adapted(step, tmp_path, port) for step in (START, SEND, SEE))
    system = await asyncio.create_subprocess_exec(
        "bash", "-c", f"exec env {start}", stdout=asyncio.subprocess.PIPE, limit=1 << 22
    )
    try:
        assert system.stdout is not None
        async for line in system.stdout:
            if b"ratchet is up" in line:
                break
        answers = (await output_of(send)).replace("}{", "}\n{").splitlines()
        assert [json.loads(answer)["accepted"] for answer in answers] == [1, 1]

        async def has_an_example() -> bool:
            return bool(json.loads(await output_of(see)).get("examples"))

        await eventually(has_an_example, 20)
        seen = json.loads(await output_of(see))
        assert seen["experience"]["rating"] == "up"
        assert seen["reward"]["total"] > 0
        assert all(component["sentence"] for component in seen["reward"]["components"])
    finally:
        system.send_signal(signal.SIGINT)
        await system.communicate()
    assert system.returncode == 0

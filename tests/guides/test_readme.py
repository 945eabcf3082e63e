"""README.md takes a newcomer from `git clone` to an explained answer, in lines to type."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

pytestmark = pytest.mark.heavy
ROOT = Path(__file__).parents[2]
LONGEST_S = 180
"""From the first line typed to the explanation read, with everything already downloaded."""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone. The environment of this test run stands for a warm package cache.

    So `make setup` finds everything installed, and the services run the clone's own source.
    """
    folder = tmp_path / "ratchet"
    if (ROOT / ".git").exists():
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    else:
        pytest.skip("not a git checkout: nothing to clone")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    browser_tools = folder / "clients" / "js" / "node_modules"
    browser_tools.mkdir()
    for made in (folder / ".venv" / ".ready", browser_tools / ".package-lock.json"):
        made.touch()
    return folder


def printed(readme: str) -> list[str]:
    """What README.md says to run: the set-up, then each block of "Use it with your assistant"."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    return [*re.findall(r"`(make setup)` installs", readme), *blocks]


class Typist:
    """Runs lines in the clone as they are printed, except for a port that is free here."""

    def __init__(self, clone: Path, port: int) -> None:
        self._clone, self._port = clone, port
        source = os.pathsep.join(str(part.parent / "src") for part in clone.rglob("pyproject.toml"))
        # A trial takes a core for half a minute, and the stop waits for it.
        trial = {"RATCHET_TRAINER_TRIAL_WAIT_S": "0"}
        self._environment = {**os.environ, **trial, "PYTHONPATH": source}

    async def start(self, typed: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *("bash", "-euc", typed.replace("8100", str(self._port))),
            cwd=self._clone,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 22,
            start_new_session=True,
        )

    async def run(self, typed: str) -> str:
        process = await self.start(typed)
        output, _ = await process.communicate()
        assert process.returncode == 0, typed
        return output.decode()


async def test_a_clone_explains_an_own_answer_within_three_minutes(clone: Path):
    began = time.monotonic()
    set_up, start, send, see = printed((clone / "README.md").read_text(encoding="utf-8"))
    typist = Typist(clone, free_port(7))
    await typist.run(set_up)
    system = await typist.start(start)
    try:
        assert system.stdout is not None
        async for line in system.stdout:
            if b"ratchet is up" in line:
                break
        answers = (await typist.run(send)).replace("}{", "}\n{").splitlines()
        assert [json.loads(answer)["accepted"] for answer in answers] == [1, 1]

        async def explained() -> dict[str, Any] | None:
            seen = json.loads(await typist.run(see))
            return seen if seen.get("examples") else None

        seen = await eventually(explained, 60)
        assert seen is not None
        took = time.monotonic() - began
    finally:
        os.killpg(system.pid, signal.SIGINT)
        await system.communicate()
    assert system.returncode == 0
    assert seen["experience"]["rating"] == "up"
    assert seen["reward"]["total"] > 0
    assert all(component["sentence"] for component in seen["reward"]["components"])
    lines = sum(len(typed.splitlines()) for typed in (set_up, start, send, see))
    print(f"from the clone to the explanation: {lines} lines typed, {took:.0f} s")
    assert took < LONGEST_S

"""What is installed: the wheel, the package for browsers and the tools for their tests."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, FEEDBACK
from ratchet_testing.running_intake import events

ROOT = Path(__file__).parents[2]
JS = ROOT / "clients" / "js"
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")


def test_the_wheel_needs_httpx_and_pydantic_only(tmp_path: Path):
    source = tmp_path / "source"
    shutil.copytree(ROOT / "clients" / "python", source)
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", *options, str(source)]
    subprocess.run(command, check=True)
    [path] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        [metadata] = [name for name in names if name.endswith("/METADATA")]
        text = wheel.read(metadata).decode()
    assert re.findall(r"^Requires-Dist: (.+)$", text, re.MULTILINE) == ["httpx", "pydantic"]
    assert "ratchet_client/py.typed" in names
    assert all(name.startswith("ratchet_client") for name in names)


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_package_for_browsers_has_the_module_and_its_types_only():
    command = ["npm", "pack", "--dry-run", "--json", "--offline"]
    run = subprocess.run(command, cwd=JS, capture_output=True, text=True, check=True)
    [packed] = json.loads(run.stdout)
    names = {file["path"] for file in packed["files"]}
    assert names == {"package.json", "ratchet.d.ts", "ratchet.js"}
    assert "dependencies" not in json.loads((JS / "package.json").read_text())


def test_setup_reports_that_npm_is_missing(tmp_path: Path):
    for folder in ("deploy", "clients/js", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    script = Path(shutil.copy(ROOT / "deploy" / "npm-tools.sh", tmp_path / "deploy"))
    shutil.copy(JS / "package-lock.json", tmp_path / "clients" / "js")
    for name in ("bash", "dirname"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin" / name).symlink_to(found)
    environment = {**os.environ, "PATH": str(tmp_path / "bin")}
    command = [str(tmp_path / "bin" / "bash"), str(script)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("npm is not installed; tests of the browser client's types")


async def test_the_code_on_the_page_about_clients_works(
    intake: str, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    await asyncio.to_thread(exec, code.replace("http://localhost:8100", intake), {"key": None})
    [answer] = await events(redis, EXPERIENCES)
    [thumb] = await events(redis, FEEDBACK)
    assert thumb.feedback.query_id == answer.experience.query_id

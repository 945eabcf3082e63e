"""The service and a command may write the local registry at once."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.ports import RegistryError

_HOLDER = """
import sys
from pathlib import Path
from exporter.backends.directories import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def registry(tmp_path: Path) -> LocalRegistry:
    return LocalRegistry(tmp_path, "m")


@pytest.fixture
def other(registry: LocalRegistry, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process, which locks the registry until it reads a line."""
    command = [sys.executable, "-c", _HOLDER, str(tmp_path / "m")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


@pytest.mark.parametrize("work", ["register", "move_alias", "remove"])
async def test_a_writer_waits_for_another_process(
    registry: LocalRegistry, record: Any, gguf: Path, other: Any, work: str
) -> None:
    arguments = (record("v1"), gguf) if work == "register" else ("v1",)
    writing = asyncio.create_task(getattr(registry, work)(*arguments))
    done, _ = await asyncio.wait([writing], timeout=0.2)
    assert not done

    other.communicate(b"\n")
    with contextlib.suppress(RegistryError):  # v1 was removed
        await asyncio.wait_for(writing, 20)
    assert await registry.versions() == (("v1",) if work == "register" else ())


async def test_a_killed_process_releases_the_lock(
    registry: LocalRegistry, record: Any, gguf: Path, other: Any
) -> None:
    other.kill()

    await asyncio.wait_for(registry.register(record("v1"), gguf), 20)


async def test_many_concurrent_writers_leave_complete_versions(
    tmp_path: Path, record: Any, gguf: Path
) -> None:
    versions = [f"v{number}" for number in range(8)]
    writers = [LocalRegistry(tmp_path, "m") for _ in range(3)]
    await asyncio.gather(
        *(writer.register(record(version), gguf) for writer in writers for version in versions)
    )
    await asyncio.gather(
        *(writer.move_alias(version) for writer in writers for version in versions)
    )

    assert await writers[0].versions() == tuple(versions)
    names = {path.name for path in (tmp_path / "m").iterdir()}
    assert names == {*versions, "latest", "previous"}


async def test_an_alias_never_points_to_a_removed_version(
    registry: LocalRegistry, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1"), gguf)
    await registry.remove("v1")

    with pytest.raises(RegistryError, match="v1 is not registered"):
        await registry.move_alias("v1")
    assert await registry.active() is None


async def test_a_version_that_another_process_activated_is_not_removed(
    registry: LocalRegistry, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1"), gguf)
    await registry.move_alias("v1")
    await registry.remove("v1")

    assert await registry.versions() == ("v1",)

"""A kill at any moment leaves no partial bundle or version, and a retry succeeds."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .plant import VERSION, Plant, Sender


class Killed(BaseException):
    """Like a SIGKILL: nothing is cleaned up after it."""


FILE_OPERATIONS: list[tuple[Any, str]] = [
    (os, "link"),
    (os, "fsync"),
    (shutil, "rmtree"),
    (Path, "mkdir"),
    (Path, "open"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "symlink_to"),
    (Path, "unlink"),
]


@contextlib.contextmanager
def killed(after: int) -> Iterator[None]:
    """File operations succeed `after` times, then raise `Killed`."""
    left = after

    def limited(operation: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return operation(*arguments, **options)

        return counted

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
        for owner, name in FILE_OPERATIONS:
            patch.setattr(owner, name, limited(getattr(owner, name)))
        yield


@pytest.mark.parametrize("after", range(12))
def test_a_bundle_is_complete_or_absent(
    sender: Sender, bundle: Path, tmp_path: Path, after: int
) -> None:
    target = tmp_path / "out" / "model.bundle.tar"
    target.parent.mkdir()
    with killed(after):
        sender.bundle(target)

    if target.exists():
        assert target.read_bytes() == bundle.read_bytes()
    assert sender.bundle(target).read_bytes() == bundle.read_bytes()
    assert list(target.parent.iterdir()) == [target]


_WRITER = """
import sys
from pathlib import Path
from exporter.backends.bundle_tar import write_bundle
from exporter.domain.bundle import BundleMember
member = BundleMember(name="model.gguf", size=1 << 20, sha256="0" * 64)
write_bundle(Path(sys.argv[1]), b"{}", b"{}", [(member, Path(sys.argv[2]))])
"""


def test_a_process_killed_while_it_writes_leaves_no_file_under_the_final_name(
    tmp_path: Path,
) -> None:
    """The source is a pipe that provides half of a model and then blocks."""
    source, target = tmp_path / "source", tmp_path / "model.bundle.tar"
    os.mkfifo(source)
    with (
        subprocess.Popen([sys.executable, "-c", _WRITER, str(target), str(source)]) as writer,
        source.open("wb") as half,
    ):
        half.write(bytes(1 << 19))
        half.flush()
        writer.kill()

    assert writer.returncode == -signal.SIGKILL
    assert not target.exists()


def test_a_failure_leaves_no_temporary_file(sender: Sender, tmp_path: Path) -> None:
    sender.plant.artifacts.path(sender.record.export.gguf).write_bytes(b"changed")
    (tmp_path / "out").mkdir()

    with pytest.raises(ValueError, match=r"^model.gguf: "):
        sender.bundle(tmp_path / "out" / "model.bundle.tar")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("after", range(0, 60, 2))
async def test_a_version_is_complete_or_absent(
    bundle: Path, sender: Sender, receiver: Plant, tmp_path: Path, ollama: Any, after: int
) -> None:
    with killed(after):
        await receiver.install(bundle, sender.trusted)

    if await receiver.records.versions():
        assert await receiver.records.record(VERSION) == sender.record
    assert (await receiver.records.active()) in (None, VERSION)
    await receiver.install(bundle, sender.trusted)
    untroubled = Plant(tmp_path / "untroubled")
    await untroubled.install(bundle, sender.trusted)
    assert receiver.files() == untroubled.files()
    assert ollama.creations == 1

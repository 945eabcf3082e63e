"""The registry in a directory, which plain llama.cpp can use too."""

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.registries.local_registry import LocalRegistry


@pytest.fixture
def registry(tmp_path: Path) -> LocalRegistry:
    return LocalRegistry(tmp_path / "registry", "m")


async def test_a_version_is_a_directory_with_model_modelfile_and_manifest(
    registry: LocalRegistry, record: Any, gguf: Path, tmp_path: Path
) -> None:
    await registry.register(record("v1"), gguf)
    await registry.move_alias("v1")

    latest = tmp_path / "registry" / "m" / "latest"
    manifest = json.loads((latest / "manifest.json").read_text())
    assert (latest / "model.gguf").samefile(gguf)  # linked, not copied
    assert (latest / "Modelfile").read_text().startswith("FROM ./model.gguf\n")
    assert manifest["dataset_sha256"] == "e" * 64
    assert manifest["export"]["parity"]["top1"] == 0.98


async def test_a_registered_record_can_be_read(
    registry: LocalRegistry, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1"), gguf)

    assert await registry.record("v1") == record("v1")
    assert await registry.record("v2") is None


async def test_recorded_answers_are_erased_and_the_model_stays(
    registry: LocalRegistry, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1"), gguf)

    assert registry.erase_answers({"another-run"}) == 0
    assert registry.erase_answers({record("v1").run_id}) == 1
    erased = await registry.record("v1")
    assert erased is not None
    assert (erased.export.references, erased.export.smoke_answer) == ((), "")
    assert erased.export.parity == record("v1").export.parity
    assert registry.erase_answers({record("v1").run_id}) == 0


async def test_a_version_never_changes(registry: LocalRegistry, record: Any, gguf: Path) -> None:
    await registry.register(record("v1"), gguf)
    await registry.register(record("v1", num_ctx=1024), gguf)

    assert await registry.record("v1") == record("v1")


async def test_the_next_registration_removes_leftovers_of_a_killed_one(
    registry: LocalRegistry, record: Any, gguf: Path, tmp_path: Path
) -> None:
    root = tmp_path / "registry" / "m"
    (root / ".incoming-v1").mkdir(parents=True)
    (root / ".incoming-v1" / "model.gguf").write_bytes(b"half")
    (root / ".removed-v0").mkdir()
    (root / ".latest").symlink_to("v1")

    await registry.register(record("v1"), gguf)

    assert sorted(path.name for path in root.iterdir()) == ["v1"]
    assert (root / "v1" / "model.gguf").samefile(gguf)


async def test_the_previous_version_is_known_after_a_crash(
    registry: LocalRegistry, record: Any, gguf: Path
) -> None:
    for version in ("v1", "v2"):
        await registry.register(record(version), gguf)
        await registry.move_alias(version)

    assert await registry.move_alias("v2") == "v1"


class Killed(BaseException):
    """Like a SIGKILL: no error handler catches it, nothing is cleaned up."""


FILE_OPERATIONS: list[tuple[Any, str]] = [
    (os, "link"),
    (os, "fsync"),
    (Path, "mkdir"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "symlink_to"),
    (Path, "unlink"),
]


@pytest.mark.parametrize("after", range(20))
async def test_after_a_kill_between_any_two_file_operations_a_retry_ends_the_same(
    tmp_path: Path, record: Any, gguf: Path, after: int
) -> None:
    registry = LocalRegistry(tmp_path / "registry", "m")
    await registry.register(record("v1"), gguf)
    await registry.move_alias("v1")
    left = after

    def mortal(operation: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return operation(*arguments, **options)

        return counted

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
        for owner, name in FILE_OPERATIONS:
            patch.setattr(owner, name, mortal(getattr(owner, name)))
        await registry.register(record("v2"), gguf)
        await registry.move_alias("v2")

    await registry.register(record("v2"), gguf)
    assert await registry.move_alias("v2") == "v1"
    names = sorted(path.name for path in (tmp_path / "registry" / "m").iterdir())
    assert names == ["latest", "previous", "v1", "v2"]
    assert await registry.record("v2") == record("v2")

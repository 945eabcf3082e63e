"""A registry in a directory: `<name>/<version>/{model.gguf, Modelfile, manifest.json}`.

The alias is the symbolic link `<name>/latest`; `<name>/previous` is the version before.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Sequence, Set
from pathlib import Path

from pydantic import ValidationError

from exporter.backends.directories import link_or_copy, locked
from exporter.domain.parity.answers import ServerAnswer
from exporter.domain.registry.chat_template import ChatTemplate
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.turn_format import Message
from exporter.ports import RegistryError
from ratchet.contract import ChatMessage, RegistryKind, Unavailable
from ratchet.storage import flush, write_whole

_GGUF = "model.gguf"
_RECORD = "manifest.json"
_TEMPORARY = "."
_RUN_ID = re.compile(rb'"run_id":\s*"([^"\\]+)"')
"""In a record that is cut off: it is one of the first fields."""


class LocalRegistry:
    """A directory under a version's name is complete. After a crash, it decides what is registered.

    The service and commands lock the name's directory while they write.
    """

    kind: RegistryKind = "local"
    server_version: str | None = None

    def __init__(self, root: Path, name: str) -> None:
        self._root = root / name

    async def available(self) -> bool:
        return True

    async def record(self, version: str) -> ModelRecord | None:
        """Raises `pydantic.ValidationError` if the record cannot be read."""
        path = self._root / version / _RECORD
        if not path.is_file():
            return None
        return ModelRecord.model_validate_json(path.read_bytes())

    async def readable_record(self, version: str) -> ModelRecord | None:
        """None if the record is missing or cannot be read."""
        try:
            return await self.record(version)
        except ValidationError:
            return None

    def gguf(self, version: str) -> Path:
        """The path of a registered version's file; it may have been removed since."""
        return self._root / version / _GGUF

    async def register(
        self, record: ModelRecord, gguf: Path, template: ChatTemplate | None = None
    ) -> None:
        await asyncio.to_thread(self._register, record, gguf)

    async def renderings(
        self, version: str, chats: Sequence[Sequence[Message]]
    ) -> tuple[tuple[str, ...], ...] | None:
        """None: a directory serves no model."""
        return None

    async def answers(
        self, version: str, prompts: Sequence[Sequence[ChatMessage]], limit: int
    ) -> tuple[ServerAnswer, ...] | None:
        """None: a directory serves no model."""
        return None

    async def move_alias(self, version: str) -> str | None:
        return await asyncio.to_thread(self._move_alias, version)

    async def versions(self) -> tuple[str, ...]:
        if not self._root.is_dir():
            return ()
        return tuple(sorted(path.parent.name for path in self._root.glob(f"v*/{_RECORD}")))

    async def active(self) -> str | None:
        return self._target_of("latest")

    async def remove(self, version: str) -> None:
        await asyncio.to_thread(self._remove, version)

    def erase_answers(self, run_ids: Set[str]) -> int:
        """Erase recorded answers of the models of `run_ids`; returns how many records changed.

        Raises `OSError`, and `Unavailable` with the names of damaged records that may belong to one
        of `run_ids`, after all others are erased.
        """
        changed = 0
        damaged: dict[Path, str | None] = {}
        readable: set[str] = set()
        with locked(self._root):
            for path in sorted(self._root.glob(f"v*/{_RECORD}")):
                content = path.read_bytes()
                try:
                    record = ModelRecord.model_validate_json(content)
                except ValidationError:
                    found = _RUN_ID.search(content)
                    damaged[path] = found[1].decode() if found else None
                    continue
                readable.add(record.run_id)
                erased = {"references": (), "smoke_answer": ""}
                export = record.export.model_copy(update=erased)
                if record.run_id in run_ids and export != record.export:
                    after = record.model_copy(update={"export": export})
                    write_whole(path, (after.model_dump_json(indent=2) + "\n").encode())
                    changed += 1
        unknown = run_ids - readable
        left = [
            str(path)
            for path, run_id in damaged.items()
            if (run_id in run_ids if run_id is not None else unknown)
        ]
        if left:
            raise Unavailable(
                f"{', '.join(left)} cannot be read and may hold answers to erase: put the file "
                "back, or remove the version's directory"
            )
        return changed

    def _register(self, record: ModelRecord, gguf: Path) -> None:
        with locked(self._root):
            self._clear_leftovers()
            target = self._root / record.version
            if target.is_dir():
                return
            aside = self._root / f"{_TEMPORARY}incoming-{record.version}"
            aside.mkdir()
            link_or_copy(gguf, aside / _GGUF)
            _write(aside / "Modelfile", record.export.modelfile.text(f"./{_GGUF}"))
            _write(aside / _RECORD, record.model_dump_json(indent=2) + "\n")
            flush(aside)
            aside.rename(target)
            flush(self._root)

    def _move_alias(self, version: str) -> str | None:
        with locked(self._root):
            active = self._target_of("latest")
            if active == version:
                return self._target_of("previous")
            if not (self._root / version).is_dir():
                raise RegistryError(f"{version} is not registered")
            if active is not None:
                self._point("previous", active)
            self._point("latest", version)
            return active

    def _remove(self, version: str) -> None:
        with locked(self._root):
            if version == self._target_of("latest") or not (self._root / version).is_dir():
                return
            self._clear_leftovers()
            aside = self._root / f"{_TEMPORARY}removed-{version}"
            (self._root / version).rename(aside)
            shutil.rmtree(aside)

    def _clear_leftovers(self) -> None:
        for path in self._root.glob(f"{_TEMPORARY}*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _target_of(self, alias: str) -> str | None:
        link = self._root / alias
        return link.readlink().name if link.is_symlink() else None

    def _point(self, alias: str, version: str) -> None:
        aside = self._root / f"{_TEMPORARY}{alias}"
        aside.unlink(missing_ok=True)
        aside.symlink_to(version, target_is_directory=True)
        aside.replace(self._root / alias)
        flush(self._root)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())

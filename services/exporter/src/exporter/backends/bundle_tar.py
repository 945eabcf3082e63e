"""Reads and writes a bundle as an uncompressed tar whose bytes depend on its members only.

The reader accepts only the bytes that the writer would write, so that a bundle cannot carry
anything that is not in its signed index.
"""

import hashlib
import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from exporter.domain.bundle import INDEX, SIGNATURE, BundleMember, BundleRefused
from ratchet.storage import flush

MemberSource = Path | bytes
"""The content of a member, or the file that has it."""

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20
_END = bytes(2 * _BLOCK)
_HEAD_LIMIT = 1 << 20
"""Bytes read of the index and of its signature, which are not verified yet at that point."""


def write_bundle(
    target: Path,
    index: bytes,
    signature: bytes,
    members: Sequence[tuple[BundleMember, MemberSource]],
) -> None:
    """Write a temporary file, fsync and rename; raises `BundleRefused` if a source differs."""
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            for name, content in ((INDEX, index), (SIGNATURE, signature)):
                file.write(_header(name, len(content)) + content + _padding(len(content)))
            for member, source in members:
                file.write(_header(member.name, member.size))
                with _open(source) as origin:
                    _copy(origin, file, member)
                    if origin.read(1):
                        raise BundleRefused(f"{member.name}: has grown on disk")
                file.write(_padding(member.size))
            file.write(_END)
        flush(part)
        part.replace(target)
        flush(target.parent)
    finally:
        part.unlink(missing_ok=True)


def read_head(file: BinaryIO) -> tuple[bytes, bytes]:
    """The index and its signature at the start of `file`, unverified."""
    return _small(file, INDEX), _small(file, SIGNATURE)


def read_members(file: BinaryIO, members: Sequence[BundleMember], directory: Path) -> None:
    """Unpack `members` after the head into `directory`; they must follow in this order.

    Raises `BundleRefused` with the member's name at the first byte that differs.
    """
    for member in members:
        size = _enter(file, member.name, members)
        if size != member.size:
            raise BundleRefused(f"{member.name}: {size} bytes, the index lists {member.size}")
        target = directory / member.name
        target.parent.mkdir(exist_ok=True)
        with target.open("xb") as copy:
            _copy(file, copy, member)
        _skip_padding(file, member.name, size)
    rest = file.read(len(_END) + 1)
    if rest == _END:
        return
    if len(rest) >= _BLOCK and any(rest[:_BLOCK]):
        raise _unexpected(_parsed(rest[:_BLOCK], "the end"), None, members)
    raise BundleRefused("the end: the file is truncated, or continues after its last member")


def _open(source: MemberSource) -> BinaryIO:
    return BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _copy(origin: BinaryIO, target: BinaryIO, member: BundleMember) -> None:
    digest = hashlib.sha256()
    left = member.size
    while left:
        chunk = origin.read(min(left, _CHUNK))
        if not chunk:
            raise BundleRefused(f"{member.name}: truncated {left} bytes before its end")
        digest.update(chunk)
        target.write(chunk)
        left -= len(chunk)
    if digest.hexdigest() != member.sha256:
        raise BundleRefused(f"{member.name}: its sha256 differs from the index")


def _small(file: BinaryIO, name: str) -> bytes:
    size = _enter(file, name, ())
    if size > _HEAD_LIMIT:
        raise BundleRefused(f"{name}: {size} bytes, at most {_HEAD_LIMIT} are read")
    content = file.read(size)
    if len(content) != size:
        raise BundleRefused(f"{name}: truncated {size - len(content)} bytes before its end")
    _skip_padding(file, name, size)
    return content


def _enter(file: BinaryIO, name: str, members: Sequence[BundleMember]) -> int:
    """Read the header of the expected member `name`; returns its size in bytes."""
    block = file.read(_BLOCK)
    info = _parsed(block, name)
    if info.name != name or not info.isreg():
        raise _unexpected(info, name, members)
    if info.size < 0 or block != _header(name, info.size):
        raise BundleRefused(f"{name}: its tar header is not that of a bundle")
    return info.size


def _parsed(block: bytes, name: str) -> tarfile.TarInfo:
    if len(block) < _BLOCK:
        raise BundleRefused(f"{name}: missing, the file is truncated")
    if not any(block):
        raise BundleRefused(f"{name}: missing, the archive ends before it")
    try:
        return tarfile.TarInfo.frombuf(block, "ascii", "surrogateescape")
    except tarfile.HeaderError as error:
        raise BundleRefused(f"{name}: no tar header at its start ({error})") from error


def _unexpected(
    info: tarfile.TarInfo, expected: str | None, members: Sequence[BundleMember]
) -> BundleRefused:
    """The error for a member `info` in the place of `expected`, or of the end."""
    names = [member.name for member in members]
    shown = ascii(info.name)
    if not info.isreg():
        return BundleRefused(f"{shown}: not a plain file")
    if info.name.startswith("/") or ".." in info.name.split("/"):
        return BundleRefused(f"{shown}: leads out of the bundle")
    if expected is None or expected in (INDEX, SIGNATURE) or info.name not in names:
        problem = "twice in the file" if info.name in names else "not in the index"
        expectation = f", expected {expected}" if expected else ""
        return BundleRefused(f"{shown}: {problem}{expectation}")
    if names.index(info.name) < names.index(expected):
        return BundleRefused(f"{shown}: twice in the file")
    return BundleRefused(f"{expected}: missing, {shown} is in its place")


def _skip_padding(file: BinaryIO, name: str, size: int) -> None:
    if file.read(len(_padding(size))) != _padding(size):
        raise BundleRefused(f"{name}: truncated, or followed by other bytes")

"""The bundle as an uncompressed tar of which every byte follows from its members.

A reader that accepts only what the writer writes leaves no room for anything beside them.
"""

import hashlib
import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from exporter.domain.bundle import INDEX, SIGNATURE, BundleRefused, Member
from ratchet.storage import flush

Source = Path | bytes
"""Where the content of a member comes from: a file, or the content itself."""

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20
_END = bytes(2 * _BLOCK)
_HEAD_LIMIT = 1 << 20
"""Bytes of the index and of its signature, which nothing vouches for while they are read."""


def write_bundle(
    target: Path, index: bytes, signature: bytes, members: Sequence[tuple[Member, Source]]
) -> None:
    """Write aside, fsync and rename; raises `BundleRefused` where a source is not its member."""
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            for name, content in ((INDEX, index), (SIGNATURE, signature)):
                file.write(_header(name, len(content)) + content + _padding(len(content)))
            for member, source in members:
                file.write(_header(member.name, member.size))
                with _opened(source) as origin:
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
    """The index and its signature, at the start of `file`; neither is vouched for yet."""
    return _small(file, INDEX), _small(file, SIGNATURE)


def read_members(file: BinaryIO, members: Sequence[Member], directory: Path) -> None:
    """Unpack what follows the head into `directory`: `members`, in this order and nothing else.

    Raises `BundleRefused` with the member's name at the first byte that differs.
    """
    for member in members:
        size = _enter(file, member.name, members)
        if size != member.size:
            raise BundleRefused(f"{member.name}: {size} bytes, the index says {member.size}")
        target = directory / member.name
        target.parent.mkdir(exist_ok=True)
        with target.open("xb") as copy:
            _copy(file, copy, member)
        _skip_padding(file, member.name, size)
    rest = file.read(len(_END) + 1)
    if rest == _END:
        return
    if len(rest) >= _BLOCK and any(rest[:_BLOCK]):
        raise _stranger(_parsed(rest[:_BLOCK], "the end"), None, members)
    raise BundleRefused("the end: the file is cut off, or goes on after its last member")


def _opened(source: Source) -> BinaryIO:
    return BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _copy(origin: BinaryIO, target: BinaryIO, member: Member) -> None:
    digest = hashlib.sha256()
    left = member.size
    while left:
        chunk = origin.read(min(left, _CHUNK))
        if not chunk:
            raise BundleRefused(f"{member.name}: cut off {left} bytes before its end")
        digest.update(chunk)
        target.write(chunk)
        left -= len(chunk)
    if digest.hexdigest() != member.sha256:
        raise BundleRefused(f"{member.name}: its bytes have another sha256 than is said of them")


def _small(file: BinaryIO, name: str) -> bytes:
    size = _enter(file, name, ())
    if size > _HEAD_LIMIT:
        raise BundleRefused(f"{name}: {size} bytes, at most {_HEAD_LIMIT} are read")
    content = file.read(size)
    if len(content) != size:
        raise BundleRefused(f"{name}: cut off {size - len(content)} bytes before its end")
    _skip_padding(file, name, size)
    return content


def _enter(file: BinaryIO, name: str, members: Sequence[Member]) -> int:
    """Read the header of the member that must come now; returns its size in bytes."""
    block = file.read(_BLOCK)
    info = _parsed(block, name)
    if info.name != name or not info.isreg():
        raise _stranger(info, name, members)
    if info.size < 0 or block != _header(name, info.size):
        raise BundleRefused(f"{name}: its header is not one that a bundle has")
    return info.size


def _parsed(block: bytes, name: str) -> tarfile.TarInfo:
    if len(block) < _BLOCK:
        raise BundleRefused(f"{name}: cut off, the file ends before it")
    if not any(block):
        raise BundleRefused(f"{name}: missing, the archive ends before it")
    try:
        return tarfile.TarInfo.frombuf(block, "ascii", "surrogateescape")
    except tarfile.HeaderError as error:
        raise BundleRefused(f"{name}: no tar header where it should begin ({error})") from error


def _stranger(
    info: tarfile.TarInfo, expected: str | None, members: Sequence[Member]
) -> BundleRefused:
    """Why the member `info` may not be where `expected`, or the end, should be."""
    names = [member.name for member in members]
    shown = ascii(info.name)
    if not info.isreg():
        return BundleRefused(f"{shown}: a link or another thing that is no plain file")
    if info.name.startswith("/") or ".." in info.name.split("/"):
        return BundleRefused(f"{shown}: leads out of the bundle")
    if expected is None or expected in (INDEX, SIGNATURE) or info.name not in names:
        found = "twice in the file" if info.name in names else "not in the index"
        return BundleRefused(f"{shown}: {found}" + (f", {expected} is due" if expected else ""))
    if names.index(info.name) < names.index(expected):
        return BundleRefused(f"{shown}: twice in the file")
    return BundleRefused(f"{expected}: missing, {shown} is in its place")


def _skip_padding(file: BinaryIO, name: str, size: int) -> None:
    if file.read(len(_padding(size))) != _padding(size):
        raise BundleRefused(f"{name}: cut off, or followed by bytes that no member has")

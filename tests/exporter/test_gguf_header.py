"""A GGUF file that claims more than it holds is refused at once."""

import struct
from pathlib import Path

import pytest

from ratchet_models.gguf_file import GgufFile


def test_an_array_longer_than_the_file_is_refused(tmp_path: Path) -> None:
    name = b"tokens"
    header = struct.pack("<4sIQQ", b"GGUF", 3, 0, 1)
    array = struct.pack("<Q6sIIQ", len(name), name, 9, 0, 2**40)
    path = tmp_path / "bomb.gguf"
    path.write_bytes(header + array + b"\0" * 64)

    with pytest.raises(ValueError, match="ends before"):
        GgufFile(path)

"""Texts in the encodings that editors, shells and spreadsheets write."""

from random import Random

_ENCODINGS = (
    "utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1",
    "cp1252", "shift_jis", "gb18030",
)  # fmt: skip


def in_any_encoding(rng: Random, text: str) -> bytes:
    """UTF-8 mostly; characters that the encoding lacks become question marks."""
    encoding = rng.choice(_ENCODINGS)
    return text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")

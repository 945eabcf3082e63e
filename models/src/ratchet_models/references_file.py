"""Reads and writes reference answers as one safetensors file, without torch."""

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ratchet.contract import Value
from ratchet_models.references import Chat, Likeliest, References

_HEADER = "told"
_COLUMNS = ("ids", "logprobs", "rest")


class UnusableReferences(ValueError):
    """A file without usable references; the message gives the reason."""


class _Header(Value):
    """`positions[n]` of the tensors' rows belong to `chats[n]`."""

    chat_template: str
    end_of_turn: int
    training_kl: float
    chats: tuple[Chat, ...]
    positions: tuple[int, ...]


def references_bytes(references: References) -> bytes:
    fields = {**vars(references), "positions": tuple(map(len, references.likeliest))}
    header = _Header.model_validate(fields)
    columns = {
        name: np.concatenate([getattr(one, name) for one in references.likeliest])
        for name in _COLUMNS
    }
    return save(columns, {_HEADER: header.model_dump_json()})


def read_references(path: Path) -> References:
    """Raises `UnusableReferences`, or `OSError` if the file cannot be read."""
    try:
        with safe_open(path, framework="np") as file:
            header = _Header.model_validate_json((file.metadata() or {}).get(_HEADER, "{}"))
            ids, logprobs, rest = (file.get_tensor(name) for name in _COLUMNS)
        ends = np.cumsum(header.positions)
        if len(header.chats) != len(ends) or not len(ends) or ends[-1] != len(ids):
            raise ValueError("its chats and its positions do not match")
    except (SafetensorError, ValueError) as error:
        raise UnusableReferences(f"{path.name[:12]} holds no references: {error}") from error
    rows = [slice(end - count, end) for end, count in zip(ends, header.positions, strict=True)]
    described = {name: value for name, value in header if name != "positions"}
    likeliest = tuple(Likeliest(ids[at], logprobs[at], rest[at]) for at in rows)
    return References(**described, likeliest=likeliest)

"""References in one safetensors file: no code in it, no torch to read it."""

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ratchet.contract import Value
from ratchet.models.references import Chat, Likeliest, References

_TOLD = "told"
_SEPARATE = ("ids", "logprobs", "rest")


class UnusableReferences(ValueError):
    """A file that holds no references; the message says why."""


class _Told(Value):
    """`positions[n]` of the tensors' rows belong to `chats[n]`."""

    chat_template: str
    end_of_turn: int
    training_kl: float
    chats: tuple[Chat, ...]
    positions: tuple[int, ...]


def references_bytes(references: References) -> bytes:
    told = _Told(
        chat_template=references.chat_template,
        end_of_turn=references.end_of_turn,
        training_kl=references.training_kl,
        chats=references.chats,
        positions=tuple(len(one) for one in references.likeliest),
    )
    columns = {
        name: np.concatenate([getattr(one, name) for one in references.likeliest])
        for name in _SEPARATE
    }
    return save(columns, {_TOLD: told.model_dump_json()})


def read_references(path: Path) -> References:
    """Raises `UnusableReferences`, and `OSError` where the file cannot be read."""
    try:
        with safe_open(path, framework="np") as file:
            told = _Told.model_validate_json((file.metadata() or {}).get(_TOLD, "{}"))
            ids, logprobs, rest = (file.get_tensor(name) for name in _SEPARATE)
        ends = np.cumsum(told.positions)
        if len(told.chats) != len(ends) or not len(ends) or ends[-1] != len(ids):
            message = "its chats and its positions do not match"
            raise ValueError(message)
    except (SafetensorError, ValueError) as error:
        raise UnusableReferences(f"{path.name[:12]} holds no references: {error}") from error
    rows = [slice(end - count, end) for end, count in zip(ends, told.positions, strict=True)]
    return References(
        chat_template=told.chat_template,
        end_of_turn=told.end_of_turn,
        training_kl=told.training_kl,
        chats=told.chats,
        likeliest=tuple(Likeliest(ids[at], logprobs[at], rest[at]) for at in rows),
    )
